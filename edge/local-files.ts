import { randomBytes } from 'node:crypto';
import {
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  statfs,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { holdLock } from './lock.ts';
import type { Files } from '../core/machine.ts';

/** The files of this machine. */
export const localFiles: Files = {
  read: (path) => orUndefined(readFile(path, 'utf8')),
  write: replace,
  createKey: async (path, length) => {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    if ((await orUndefined(stat(path)))?.size === length) return;
    await rm(path, { force: true });
    await replace(path, randomBytes(length), 0o600);
  },
  remove: (path) => rm(path, { force: true }),
  rename,
  list: async (directory) => ((await orUndefined(readdir(directory))) ?? []).sort(),
  linkName: async (path) => {
    const target = await orUndefined(readlink(path));
    return target === undefined ? undefined : basename(target);
  },
  size: async (path) => (await stat(path)).size,
  extend: async (path, bytes) => {
    await using file = await open(path, 'a');
    await file.truncate(bytes);
    await file.sync();
  },
  use: async (directory) => {
    const { blocks, bfree } = await statfs(directory);
    return blocks === 0 ? 0 : (100 * (blocks - bfree)) / blocks;
  },
  lock: holdLock,
};

async function replace(path: string, data: string | Uint8Array, mode = 0o644): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, data, { mode, flush: true });
  await rename(temporary, path);
}

async function orUndefined<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EINVAL')) {
      return undefined;
    }
    throw error;
  }
}

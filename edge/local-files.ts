import { randomBytes } from 'node:crypto';
import { mkdir, open, readlink, rename, rm, stat, statfs } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { ignoreMissing, listDirectory, readIfPresent, writeFileAtomic } from './files.ts';
import { acquireLock } from './lock-file.ts';
import type { Files } from '../core/machine.ts';

/** The files of the machine that we run on. */
export const localFiles: Files = {
  read: async (path) => (await readIfPresent(path))?.toString('utf8'),
  write: (path, text) => writeFileAtomic(path, text),
  createKey: async (path, length) => {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    if ((await stat(path).catch(ignoreMissing))?.size === length) return;
    await writeFileAtomic(path, randomBytes(length), { mode: 0o600 });
  },
  remove: (path) => rm(path, { force: true }),
  rename,
  list: listDirectory,
  linkName: async (path) => {
    const target = await readlink(path).catch(ignoreMissing);
    return target === undefined ? undefined : basename(target);
  },
  size: async (path) => (await stat(path)).size,
  extend: async (path, bytes) => {
    const file = await open(path, 'a');
    try {
      await file.truncate(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
  },
  use: async (directory) => {
    const { blocks, bfree } = await statfs(directory);
    return blocks === 0 ? 0 : (100 * (blocks - bfree)) / blocks;
  },
  lock: (path, wait) => acquireLock(path, { what: 'the machine', wait }),
};

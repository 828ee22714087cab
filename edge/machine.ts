import { open, readdir, readFile, realpath } from 'node:fs/promises';
import { AppError } from '../core/errors.ts';
import type { Source } from '../installer/probe/source.ts';
import { run } from './runner.ts';

const COMMAND_TIMEOUT = 30_000;

/** Absent, forbidden, or of a kind that cannot be read: all of them mean "not known" to a probe. */
async function orUndefined<T>(question: Promise<T>): Promise<T | undefined> {
  try {
    return await question;
  } catch {
    return undefined;
  }
}

/** The machine that we run on. Reads only. */
export const machine: Source = {
  read: (path) => orUndefined(readFile(path)),
  readAt: (path, offset, length) => orUndefined(readAt(path, offset, length)),
  list: async (path) => (await orUndefined(readdir(path)))?.sort(),
  real: (path) => orUndefined(realpath(path)),
  run: async (argv) => {
    try {
      return (await run({ argv, timeout: COMMAND_TIMEOUT, env: { LC_ALL: 'C.UTF-8' } })).stdout;
    } catch (error) {
      if (error instanceof AppError) return undefined;
      throw error;
    }
  },
  now: () => Promise.resolve(Date.now()),
};

async function readAt(path: string, offset: number, length: number): Promise<Uint8Array> {
  await using file = await open(path, 'r');
  const buffer = new Uint8Array(length);
  const { bytesRead } = await file.read(buffer, 0, length, offset);
  return buffer.subarray(0, bytesRead);
}

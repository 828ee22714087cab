import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { AppError } from '../core/errors.ts';
import { isErrno } from './files.ts';
import type { Body } from './http-remote.ts';

/** Whether an address is a `file:` URL or an absolute path. */
export function isLocal(url: string): boolean {
  return url.startsWith('/') || url.startsWith('file:');
}

/** Bytes of a file of a local mirror. Throws `http.not-found`. */
export async function localSize(url: string): Promise<number> {
  const found = await stat(pathOf(url)).catch((error: unknown) => {
    if (!isErrno(error, 'ENOENT') && !isErrno(error, 'ENOTDIR')) throw error;
    return undefined;
  });
  if (found?.isFile() === true) return found.size;
  throw new AppError({
    kind: 'network',
    code: 'http.not-found',
    what: 'the mirror does not have the file',
    where: url,
    got: found === undefined ? 'no such file' : 'not a file',
  });
}

/** Opens a file of a local mirror at `offset`. Throws `http.not-found`. */
export async function openLocal(url: string, offset: number): Promise<Body> {
  const total = await localSize(url);
  const start = Math.min(offset, total);
  const stream = createReadStream(pathOf(url), { start, highWaterMark: 256 * 1024 });
  return {
    start,
    total,
    validator: undefined,
    chunks: stream,
    close: () => {
      stream.destroy();
      return Promise.resolve();
    },
  };
}

function pathOf(url: string): string {
  return url.startsWith('/') ? url : fileURLToPath(url);
}

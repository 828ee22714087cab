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

/** Opens a file of a local mirror at `offset`. Throws `http.not-found`. */
export async function openLocal(url: string, offset: number): Promise<Body> {
  const path = url.startsWith('/') ? url : fileURLToPath(url);
  const found = await stat(path).catch((error: unknown) => {
    if (!isErrno(error, 'ENOENT') && !isErrno(error, 'ENOTDIR')) throw error;
    return undefined;
  });
  if (found?.isFile() !== true) {
    throw new AppError({
      kind: 'network',
      code: 'http.not-found',
      what: 'the mirror does not have the file',
      where: url,
      got: found === undefined ? 'no such file' : 'not a file',
    });
  }
  const start = Math.min(offset, found.size);
  const stream = createReadStream(path, { start, highWaterMark: 256 * 1024 });
  return {
    start,
    total: found.size,
    validator: undefined,
    chunks: stream,
    close: () => {
      stream.destroy();
      return Promise.resolve();
    },
  };
}

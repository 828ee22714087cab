import { open } from 'node:fs/promises';
import type { RandomAccess } from '../builder/formats/ar.ts';

/** A file that can be read at any place until it is disposed of. */
export async function openRandomAccess(path: string): Promise<RandomAccess & AsyncDisposable> {
  const handle = await open(path);
  const { size } = await handle.stat();
  return {
    size,
    async read(offset, length) {
      const buffer = Buffer.alloc(length);
      const { bytesRead } = await handle.read(buffer, 0, length, offset);
      return buffer.subarray(0, bytesRead);
    },
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

import { createReadStream } from 'node:fs';
import { MIB } from '../core/bytes.ts';

/** The bytes of a file from its beginning to its end, a MiB at a time. */
export function chunksOf(path: string): AsyncIterable<Buffer> {
  return createReadStream(path, { highWaterMark: MIB }) as AsyncIterable<Buffer>;
}

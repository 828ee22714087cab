import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { ReadableStream } from 'node:stream/web';
import * as zlib from 'node:zlib';
import { Decompress as ZstdDecompress } from 'fzstd';
import xzDecompress from 'xz-decompress';
import { AppError } from '../../core/errors.ts';
import type { Compression } from './compression.ts';
import { malformed } from './malformed.ts';

export { compressionOfName, detectCompression, MAGIC_LENGTH, type Compression } from './compression.ts';

type Chunks = AsyncIterable<Uint8Array>;

export interface DecompressOptions {
  /** Most bytes that may come out; one more is an `AppError`: the defence against decompression bombs. */
  readonly maxBytes?: number;
  /** Names the input in failures. */
  readonly where?: string;
}

/**
 * Unpacks a stream piece by piece, as fast as the reader takes it. Throws an `AppError`: `decompress.corrupt`
 * for damaged or truncated input, `decompress.too-large` beyond `maxBytes`. A failure of `source` itself
 * comes out as it is. All xz streams of one thread share one decoder, so a stream that is begun must be
 * read to its end or closed (`for await` does either) before the next one advances.
 */
export async function* decompress(
  kind: Compression,
  source: Chunks,
  options: DecompressOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const { maxBytes = Infinity, where = 'compressed data' } = options;
  const guarded = new GuardedSource(source);
  let total = 0;
  try {
    for await (const chunk of DECODERS[kind](guarded.chunks())) {
      total += chunk.length;
      if (total > maxBytes) {
        throw malformed('decompress.too-large', 'The unpacked data are larger than announced.', where, {
          expected: `≤ ${maxBytes} bytes`,
        });
      }
      if (chunk.length > 0) yield chunk;
    }
  } catch (error) {
    if (guarded.failed) throw guarded.failure;
    if (error instanceof AppError) throw error;
    throw malformed('decompress.corrupt', `The ${kind} data are damaged or cut short.`, where, {
      cause: error,
    });
  }
}

/** Remembers a failure of the source, to tell it from a failure of the decoder. */
class GuardedSource {
  readonly #source: Chunks;
  failed = false;
  failure: unknown;

  constructor(source: Chunks) {
    this.#source = source;
  }

  /** Empty chunks are left out: a decoder could take one for the end. */
  async *chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const chunk of this.#source) if (chunk.length > 0) yield chunk;
    } catch (error) {
      this.failed = true;
      this.failure = error;
      throw error;
    }
  }
}

const DECODERS: Readonly<Record<Compression, (source: Chunks) => Chunks>> = {
  none: (source) => source,
  gz: (source) => throughTransform(source, zlib.createGunzip({ chunkSize: 256 * 1024 })),
  xz: unpackXz,
  zst: unpackZstd,
};

async function* throughTransform(source: Chunks, transform: zlib.Gunzip): Chunks {
  const input = Readable.from(source, { objectMode: true });
  // An error of the source must reach the reader of the transform.
  input.once('error', (error) => transform.destroy(error));
  input.pipe(transform);
  try {
    for await (const chunk of transform) yield chunk as Buffer;
  } finally {
    transform.destroy();
    input.destroy();
    // Only then is the source closed.
    await finished(input).catch(() => undefined);
  }
}

async function* unpackXz(source: Chunks): Chunks {
  const iterator = source[Symbol.asyncIterator]();
  const input = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const next = await iterator.next();
      if (next.done === true) controller.close();
      else controller.enqueue(next.value);
    },
    cancel: async () => {
      await iterator.return?.();
    },
  });
  const output = new xzDecompress.XzReadableStream(input);
  yield* output as unknown as Chunks;
}

/** Node has zstd from 22.15 on. */
type CreateZstd = (options?: object) => zlib.Gunzip;

async function* unpackZstd(source: Chunks): Chunks {
  const native = (zlib as { createZstdDecompress?: CreateZstd }).createZstdDecompress;
  yield* native === undefined ? unpackZstdInScript(source) : throughTransform(source, native());
}

/** fzstd checks the structure, not the checksum at the end of a frame; every caller knows the SHA-256 anyway. */
async function* unpackZstdInScript(source: Chunks): Chunks {
  let ready: Uint8Array[] = [];
  let last: Uint8Array = new Uint8Array(0);
  const decoder = new ZstdDecompress((chunk) => ready.push(chunk));
  const drain = function* (): Iterable<Uint8Array> {
    const chunks = ready;
    ready = [];
    yield* chunks;
  };
  for await (const chunk of source) {
    decoder.push(chunk);
    yield* drain();
    last = chunk;
  }
  if (last.length === 0) throw new Error('no data');
  decoder.push(new Uint8Array(0), true);
  yield* drain();
}

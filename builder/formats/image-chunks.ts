/**
 * Cuts a disk image into chunks whose borders depend on what is near them: when a file in the middle grows, the
 * chunks before it stay, and those after it are the same bytes in another place. Long runs of zeros are no
 * chunks, however they came to be known as such.
 */

/** What file systems move: borders lie between such blocks. */
const BLOCK = 4096;
const MIN_BLOCKS = 64;
const MAX_BLOCKS = 1024;
/** One block in so many ends a chunk that has its minimum: 1 MiB on average, less costs compression. */
const ODDS = 192;
/** Shorter runs of zeros stay in the chunk. */
const ZERO_RUN = 64;

/** The pieces of an image, in order. A chunk is valid during the call only. */
export interface ChunkSink {
  chunk(bytes: Buffer): void;
  zeros(size: number): void;
}

/** Takes an image from front to back. */
export class ImageChunker {
  readonly #sink: ChunkSink;
  readonly #buffer = Buffer.alloc(MAX_BLOCKS * BLOCK);
  #filled = 0;
  /** Zeros seen since the last other block. */
  #zeros = 0;

  constructor(sink: ChunkSink) {
    this.#sink = sink;
  }

  /** The next bytes; all but the last piece of an image are whole blocks. */
  write(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; at += BLOCK) {
      const block = bytes.subarray(at, at + BLOCK);
      if (isZero(block)) this.#zeros += block.length;
      else this.#append(block);
    }
  }

  /** The next bytes are so many zeros: a hole in a sparse file. */
  skip(size: number): void {
    this.#zeros += size;
  }

  end(): void {
    if (this.#zeros >= ZERO_RUN * BLOCK) this.#endChunk();
    else this.#keepZeros();
    this.#endChunk();
    this.#endZeros();
  }

  #append(block: Buffer): void {
    if (this.#zeros >= ZERO_RUN * BLOCK) {
      this.#endChunk();
      this.#endZeros();
    } else this.#keepZeros();
    this.#buffer.set(block, this.#filled);
    this.#filled += block.length;
    const full = this.#filled >= MAX_BLOCKS * BLOCK;
    if (full || (this.#filled >= MIN_BLOCKS * BLOCK && isBorder(block))) this.#endChunk();
  }

  #keepZeros(): void {
    while (this.#zeros > 0) {
      const size = Math.min(this.#zeros, MAX_BLOCKS * BLOCK - this.#filled);
      this.#buffer.fill(0, this.#filled, this.#filled + size);
      this.#filled += size;
      this.#zeros -= size;
      if (this.#filled === MAX_BLOCKS * BLOCK) this.#endChunk();
    }
  }

  #endChunk(): void {
    if (this.#filled > 0) this.#sink.chunk(this.#buffer.subarray(0, this.#filled));
    this.#filled = 0;
  }

  #endZeros(): void {
    if (this.#zeros > 0) this.#sink.zeros(this.#zeros);
    this.#zeros = 0;
  }
}

const ZERO = Buffer.alloc(BLOCK);

function isZero(block: Buffer): boolean {
  if (block.length >= 4 && block.readUInt32LE(0) !== 0) return false;
  return block.equals(block.length === BLOCK ? ZERO : ZERO.subarray(0, block.length));
}

/** A sample is enough: blocks that differ in nothing of it only share the answer. */
function isBorder(block: Buffer): boolean {
  let hash = 0x811c9dc5;
  for (let at = 0; at + 4 <= block.length; at += 252) {
    hash = Math.imul(hash ^ block.readUInt32LE(at), 0x01000193);
    hash ^= hash >>> 15;
  }
  return (hash >>> 0) % ODDS === 0;
}

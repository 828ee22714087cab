import { malformed } from '../malformed.ts';

/** Takes counted pieces from the front of a stream, then hands over the rest. */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #where: string;
  #pending: Uint8Array = new Uint8Array(0);
  #position = 0;

  constructor(chunks: AsyncIterable<Uint8Array>, where: string) {
    this.#source = chunks[Symbol.asyncIterator]();
    this.#where = where;
  }

  /** Bytes taken so far. */
  get position(): number {
    return this.#position;
  }

  /** The next `size` bytes, or fewer when the stream ends before. */
  async upTo(size: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let missing = size;
    while (missing > 0 && (await this.#fill())) {
      const part = this.#pending.subarray(0, missing);
      this.#pending = this.#pending.subarray(part.length);
      missing -= part.length;
      parts.push(part);
    }
    this.#position += size - missing;
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  }

  /** The next `size` bytes. @throws {AppError} `rpm.truncated` when the stream ends before. */
  async exactly(size: number): Promise<Uint8Array> {
    const bytes = await this.upTo(size);
    if (bytes.length === size) return bytes;
    throw malformed('rpm.truncated', 'An RPM package ends too early.', this.#where, {
      expected: `${size} bytes at offset ${this.#position - bytes.length}`,
      got: `${bytes.length} bytes`,
    });
  }

  /** All that was not taken. */
  async *rest(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      while (await this.#fill()) {
        const chunk = this.#pending;
        this.#pending = new Uint8Array(0);
        this.#position += chunk.length;
        yield chunk;
      }
    } finally {
      await this.close();
    }
  }

  /** Lets the source free what it holds, when no more is wanted. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }

  /** True when at least one byte is pending. */
  async #fill(): Promise<boolean> {
    while (this.#pending.length === 0) {
      const next = await this.#source.next();
      if (next.done === true) return false;
      this.#pending = next.value;
    }
    return true;
  }
}

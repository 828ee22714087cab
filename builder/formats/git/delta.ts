import { malformed } from '../malformed.ts';

/**
 * Applies a delta of a pack to its base (gitformat-pack(5), “Deltified representation”). Throws `git.delta` for one
 * that does not fit the base, reaches out of it, or makes another size than it announces.
 */
export function applyDelta(base: Buffer, delta: Buffer, where: string, maxBytes: number): Buffer {
  const reader = new DeltaReader(delta, where);
  const from = reader.size();
  const size = reader.size();
  if (from !== base.length || size > maxBytes)
    throw badDelta(where, `${base.length} bytes`, `${from}, ${size}`);
  const made = Buffer.alloc(size);
  let at = 0;
  while (!reader.ended) {
    const code = reader.byte();
    if (code === 0) throw badDelta(where, 'copy or insert', 'the reserved instruction');
    const piece = (code & 0x80) === 0 ? reader.bytes(code) : copied(base, reader, code);
    if (piece === undefined || at + piece.length > size) throw badDelta(where, `${size} bytes`, 'more');
    at += piece.copy(made, at);
  }
  if (at !== size) throw badDelta(where, `${size} bytes`, `${at} bytes`);
  return made;
}

/** The piece of the base that a copy instruction names; undefined when it reaches out of it. */
function copied(base: Buffer, reader: DeltaReader, code: number): Buffer | undefined {
  const offset = reader.present(code & 0x0f);
  const size = reader.present((code >> 4) & 0x07);
  const end = offset + (size === 0 ? 0x10000 : size);
  return end <= base.length ? base.subarray(offset, end) : undefined;
}

class DeltaReader {
  readonly #data: Buffer;
  readonly #where: string;
  #at = 0;

  constructor(data: Buffer, where: string) {
    this.#data = data;
    this.#where = where;
  }

  get ended(): boolean {
    return this.#at >= this.#data.length;
  }

  byte(): number {
    const value = this.#data[this.#at];
    if (value === undefined) throw badDelta(this.#where, 'another byte', 'the end');
    this.#at += 1;
    return value;
  }

  bytes(count: number): Buffer {
    const piece = this.#data.subarray(this.#at, this.#at + count);
    if (piece.length < count) throw badDelta(this.#where, `${count} bytes`, `${piece.length} bytes`);
    this.#at += count;
    return piece;
  }

  /** A size, seven bits a byte, the lowest first. */
  size(): number {
    let value = 0;
    for (let factor = 1; factor < 2 ** 42; factor *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if ((byte & 0x80) === 0) return value;
    }
    throw badDelta(this.#where, 'a size', 'one beyond all measure');
  }

  /** A number of which only the bytes are there whose bits are set in `mask`, the lowest first. */
  present(mask: number): number {
    let value = 0;
    for (let bit = 0; bit < 4; bit += 1) if ((mask & (1 << bit)) !== 0) value += this.byte() * 256 ** bit;
    return value;
  }
}

function badDelta(where: string, expected: string, got: string): Error {
  return malformed('git.delta', 'A delta of the pack does not fit its base.', where, { expected, got });
}

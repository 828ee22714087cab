import { createHash } from 'node:crypto';
import { decompress } from './decompress.ts';
import { malformed } from './malformed.ts';

/**
 * Zchunk (zchunk 1.5, "zchunk_format.txt"): a file cut into pieces that are packed one by one, with a
 * header that holds a digest of every piece. createrepo_c writes metadata this way for `primary_zck` and
 * its like, beside the plain form.
 *
 * Read here: format 1, pieces packed with zstd or not at all. Pieces that need a dictionary are refused
 * (`zchunk.dictionary`), since every repository also has the plain form.
 */
export async function* readZchunk(
  bytes: Uint8Array,
  where: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { compression, dictionary, pieces, body } = new ZchunkHeader(bytes, where).read();
  if (dictionary.length > 0) {
    throw malformed('zchunk.dictionary', 'A zchunk file needs a dictionary.', where, {
      expected: 'the same metadata as .xml.gz, .xml.xz or .xml.zst',
      got: `a dictionary of ${dictionary.length} bytes`,
    });
  }
  let start = 0;
  for (const piece of pieces) {
    const packed = body.subarray(start, start + piece.length);
    start += piece.length;
    if (packed.length !== piece.length || !piece.matches(packed)) {
      throw malformed('zchunk.piece', 'A piece of a zchunk file does not have its digest.', where);
    }
    yield* unpack(compression, packed, piece.openLength, where);
  }
}

async function* unpack(
  compression: number,
  packed: Uint8Array,
  size: number,
  where: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (packed.length === 0) return;
  const source = (async function* () {
    yield await Promise.resolve(packed);
  })();
  yield* decompress(compression === ZSTD ? 'zst' : 'none', source, { maxBytes: size, where });
}

const ZSTD = 2;

interface Piece {
  readonly length: number;
  readonly openLength: number;
  matches(packed: Uint8Array): boolean;
}

interface Parsed {
  readonly compression: number;
  readonly dictionary: Piece;
  readonly pieces: readonly Piece[];
  readonly body: Uint8Array;
}

/** Digest types of the format; SHA-512/128 is SHA-512 cut to 16 bytes. */
const DIGESTS: readonly { readonly algorithm: string; readonly length: number }[] = [
  { algorithm: 'sha1', length: 20 },
  { algorithm: 'sha256', length: 32 },
  { algorithm: 'sha512', length: 64 },
  { algorithm: 'sha512', length: 16 },
];

const HAS_STREAMS = 1;
const HAS_OPTIONAL_ELEMENTS = 2;
const MAX_PIECES = 1_000_000;

class ZchunkHeader {
  readonly #bytes: Uint8Array;
  readonly #where: string;
  #at = 0;
  #dataDigestLength = 0;

  constructor(bytes: Uint8Array, where: string) {
    this.#bytes = bytes;
    this.#where = where;
  }

  read(): Parsed {
    const body = this.#lead();
    const preface = this.#preface();
    const [dictionary, ...pieces] = this.#index(preface.flags);
    if (dictionary === undefined) throw this.#broken('no index');
    return { compression: preface.compression, dictionary, pieces, body };
  }

  /** Magic, digest of the header, size of the header; the body follows the header. */
  #lead(): Uint8Array {
    if (Buffer.from(this.#take(5)).toString('latin1') !== '\0ZCK1')
      throw this.#broken('another magic number');
    const digest = this.#digestType();
    const size = this.#number();
    const leadEnd = this.#at;
    const expected = this.#take(digest.length);
    const end = this.#at + size;
    if (end > this.#bytes.length) throw this.#broken('a header that is cut short');
    const header = this.#bytes.subarray(this.#at, end);
    const got = createHash(digest.algorithm).update(this.#bytes.subarray(0, leadEnd)).update(header).digest();
    if (!got.subarray(0, digest.length).equals(expected)) throw this.#broken('a header without its digest');
    this.#dataDigestLength = digest.length;
    return this.#bytes.subarray(end);
  }

  #preface(): { readonly flags: number; readonly compression: number } {
    // The digest over the whole body adds nothing to those of the pieces.
    this.#take(this.#dataDigestLength);
    const flags = this.#number();
    const compression = this.#number();
    if (compression !== 0 && compression !== ZSTD) throw this.#broken(`compression type ${compression}`);
    if ((flags & ~(HAS_STREAMS | HAS_OPTIONAL_ELEMENTS)) !== 0) throw this.#broken(`flags ${flags}`);
    if ((flags & HAS_OPTIONAL_ELEMENTS) !== 0) this.#skipOptionalElements();
    return { flags, compression };
  }

  #skipOptionalElements(): void {
    for (let left = this.#number(); left > 0; left -= 1) {
      this.#number();
      this.#take(this.#number());
    }
  }

  #index(flags: number): readonly Piece[] {
    this.#number();
    const digest = this.#digestType();
    const count = this.#number();
    if (count > MAX_PIECES) throw this.#broken(`${count} pieces`);
    const pieces: Piece[] = [];
    for (let i = 0; i < count; i += 1) {
      if ((flags & HAS_STREAMS) !== 0) this.#number();
      const expected = this.#take(digest.length);
      const length = this.#number();
      const openLength = this.#number();
      pieces.push({
        length,
        openLength,
        matches: (packed) =>
          createHash(digest.algorithm).update(packed).digest().subarray(0, digest.length).equals(expected),
      });
    }
    return pieces;
  }

  #digestType(): { readonly algorithm: string; readonly length: number } {
    const type = this.#number();
    const digest = DIGESTS[type];
    if (digest === undefined || type === 0) throw this.#broken(`digest type ${type}`);
    return digest;
  }

  /** A "compressed integer": 7 bits a byte, the lowest first, the last byte marked by its top bit. */
  #number(): number {
    let value = 0;
    for (let shift = 0; shift < 49; shift += 7) {
      const byte = this.#take(1)[0] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if ((byte & 0x80) !== 0) return value;
    }
    throw this.#broken('a number that is too large');
  }

  #take(length: number): Uint8Array {
    const part = this.#bytes.subarray(this.#at, this.#at + length);
    if (part.length !== length) throw this.#broken('an early end');
    this.#at += length;
    return part;
  }

  #broken(got: string): Error {
    return malformed('zchunk.malformed', 'A zchunk file is broken.', this.#where, { got });
  }
}

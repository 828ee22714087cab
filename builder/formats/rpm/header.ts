import { malformed } from '../malformed.ts';
import { HeaderIndex, REGION, type HeaderEntry } from './header-index.ts';
import { TYPE } from './tags.ts';

/** Bytes before the index: magic, reserved, number of entries, size of the store. */
export const HEADER_INTRO = 16;
const ENTRY = 16;
const MAGIC = 0x8eade801;

/** Which of a package's two headers: they differ in region tag and in how large they may be. */
export type HeaderKind = 'signature' | 'main';

const LIMITS: Readonly<Record<HeaderKind, { readonly entries: number; readonly store: number }>> = {
  signature: { entries: 32, store: 64 * 1024 * 1024 },
  main: { entries: 0xffff, store: 0x0fffffff },
};

/** Size in bytes of a whole header (intro, index and store), known from its first 16 bytes. */
export function headerSize(intro: Uint8Array, kind: HeaderKind, where: string): number {
  const { entries, store } = readIntro(intro, kind, where);
  return HEADER_INTRO + entries * ENTRY + store;
}

function readIntro(
  intro: Uint8Array,
  kind: HeaderKind,
  where: string,
): { readonly entries: number; readonly store: number } {
  if (intro.length < HEADER_INTRO) throw broken(kind, where, 'the file ends inside the header');
  const view = viewOf(intro);
  if (view.getUint32(0) !== MAGIC || view.getUint32(4) !== 0) {
    throw broken(kind, where, 'the header does not begin with its magic number');
  }
  const entries = view.getUint32(8);
  const store = view.getUint32(12);
  if (entries < 1 || entries > LIMITS[kind].entries) {
    throw broken(kind, where, `it claims ${entries} entries`, `1 to ${LIMITS[kind].entries}`);
  }
  if (store < ENTRY || store > LIMITS[kind].store) {
    throw broken(kind, where, `it claims ${store} bytes of data`, `16 to ${LIMITS[kind].store}`);
  }
  return { entries, store };
}

/**
 * A header of an RPM package, checked as a whole before any value is read (RPM 4.20 manual, "Package
 * format" and lib/header.c `hdrblobVerifyInfo`): the region tag comes first and covers every entry, its
 * trailer ends the store, values lie in order without overlap, tags occur once.
 */
export class RpmHeader {
  readonly kind: HeaderKind;
  /** Everything from the magic to the end of the store: what signatures over the header cover. */
  readonly bytes: Uint8Array;
  readonly #where: string;
  readonly #entries: ReadonlyMap<number, HeaderEntry>;
  readonly #store: Uint8Array;

  /** @throws {AppError} `rpm.header` when `bytes` is not exactly one well-formed header. */
  constructor(bytes: Uint8Array, kind: HeaderKind, where: string) {
    const { entries, store } = readIntro(bytes, kind, where);
    if (bytes.length !== HEADER_INTRO + entries * ENTRY + store) {
      throw broken(kind, where, 'the file ends inside the header');
    }
    const index = new HeaderIndex(bytes.subarray(HEADER_INTRO), entries, (what) => broken(kind, where, what));
    index.checkRegion(REGION[kind], kind === 'main');
    this.kind = kind;
    this.bytes = bytes;
    this.#where = where;
    this.#entries = index.checkedEntries();
    this.#store = bytes.subarray(HEADER_INTRO + entries * ENTRY);
  }

  /** Tags in the header, the region's own left out, in ascending order. */
  get tags(): readonly number[] {
    return [...this.#entries.keys()].sort((a, b) => a - b);
  }

  has(tag: number): boolean {
    return this.#entries.has(tag);
  }

  /** The bytes of a BIN value; undefined when the tag is absent. */
  binary(tag: number): Uint8Array | undefined {
    const entry = this.#typed(tag, [TYPE.bin]);
    return entry && this.#store.subarray(entry.offset, entry.offset + entry.count);
  }

  /** One string: a STRING, or the first (untranslated) of an array; undefined when the tag is absent. */
  string(tag: number): string | undefined {
    const entry = this.#typed(tag, STRINGS);
    return entry && this.#texts(entry, 1)[0];
  }

  /** All strings of the tag; none when it is absent. */
  strings(tag: number): readonly string[] {
    const entry = this.#typed(tag, STRINGS);
    return entry === undefined ? [] : this.#texts(entry, entry.count);
  }

  /** All integers of the tag, unsigned; none when it is absent. 64-bit values must be below 2^53. */
  numbers(tag: number): readonly number[] {
    const entry = this.#typed(tag, INTEGERS);
    if (entry === undefined) return [];
    const view = viewOf(this.#store);
    const width = WIDTHS[entry.type] ?? 1;
    const values: number[] = [];
    for (let i = 0; i < entry.count; i += 1) values.push(this.#integer(view, entry, i * width, width));
    return values;
  }

  number(tag: number): number | undefined {
    return this.numbers(tag)[0];
  }

  #integer(view: DataView, entry: HeaderEntry, shift: number, width: number): number {
    const at = entry.offset + shift;
    if (width === 1) return view.getUint8(at);
    if (width === 2) return view.getUint16(at);
    if (width === 4) return view.getUint32(at);
    const value = view.getBigUint64(at);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw broken(this.kind, this.#where, `tag ${entry.tag} holds a number that is too large`);
    }
    return Number(value);
  }

  #typed(tag: number, types: readonly number[]): HeaderEntry | undefined {
    const entry = this.#entries.get(tag);
    if (entry === undefined || types.includes(entry.type)) return entry;
    throw broken(this.kind, this.#where, `tag ${tag} has type ${entry.type}`, `type ${types.join(' or ')}`);
  }

  #texts(entry: HeaderEntry, count: number): readonly string[] {
    const found: string[] = [];
    let from = entry.offset;
    for (let i = 0; i < count; i += 1) {
      const end = this.#store.indexOf(0, from);
      found.push(decoder.decode(this.#store.subarray(from, end)));
      from = end + 1;
    }
    return found;
  }
}

const STRINGS = [TYPE.string, TYPE.stringArray, TYPE.i18nString];
const INTEGERS = [TYPE.char, TYPE.int8, TYPE.int16, TYPE.int32, TYPE.int64];
const WIDTHS: Readonly<Record<number, number>> = { [TYPE.int16]: 2, [TYPE.int32]: 4, [TYPE.int64]: 8 };
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function broken(kind: HeaderKind, where: string, got: string, expected?: string): Error {
  return malformed('rpm.header', `The ${kind} header of an RPM package is broken.`, where, {
    got,
    ...(expected !== undefined && { expected }),
  });
}

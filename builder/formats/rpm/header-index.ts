import { TYPE } from './tags.ts';

/** One line of a header's index: where in the store its value lies. `count` counts values, for BIN bytes. */
export interface HeaderEntry {
  readonly tag: number;
  readonly type: number;
  readonly offset: number;
  readonly count: number;
}

const ENTRY = 16;
/** The tags that must come first, with a trailer of the same tag. */
export const REGION = { signature: 62, main: 63 } as const;
/** The trailer tag that some packages before 2003 carry at the end of their signature header. */
const HEADER_IMAGE = 61;
const FIRST_PLAIN_TAG = 100;

const ALIGNMENT: Readonly<Record<number, number>> = { [TYPE.int16]: 2, [TYPE.int32]: 4, [TYPE.int64]: 8 };
const STRING_TYPES: readonly number[] = [TYPE.string, TYPE.stringArray, TYPE.i18nString];

/** The index of a header over its store, with the checks of lib/header.c that make later reads safe. */
export class HeaderIndex {
  readonly #entries: readonly HeaderEntry[];
  readonly #store: Uint8Array;
  readonly #broken: (what: string) => Error;
  /** Where the trailer lies in the store, and how many entries stand before what was appended. */
  #region = { start: 0, entries: 0 };

  /** `body` is `count` index entries of 16 bytes each, then the store. */
  constructor(body: Uint8Array, count: number, broken: (what: string) => Error) {
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
    this.#entries = Array.from({ length: count }, (_, i) => readEntry(view, i * ENTRY));
    this.#store = body.subarray(count * ENTRY);
    this.#broken = broken;
  }

  /**
   * Checks the region: its `tag` comes first, and its trailer spans the entries. In a main header the
   * region must be everything (`whole`); tools may append to a signature header behind the region.
   */
  checkRegion(tag: number, whole: boolean): void {
    const region = this.#entries[0];
    if (region === undefined || region.tag !== tag) {
      throw this.#broken(`its first tag is ${region?.tag ?? 'missing'}, not the region tag ${tag}`);
    }
    const last = this.#store.length - ENTRY;
    if (region.type !== TYPE.bin || region.count !== ENTRY || region.offset > last) {
      throw this.#broken(`the region tag ${tag} is malformed`);
    }
    this.#region = { start: region.offset, entries: this.#trailer(tag, region.offset) };
    if (whole && (region.offset !== last || this.#region.entries !== this.#entries.length)) {
      throw this.#broken(`the region tag ${tag} does not span the header`);
    }
  }

  /** How many entries the trailer at `offset` says that the region spans. */
  #trailer(tag: number, offset: number): number {
    const trailer = readEntry(new DataView(this.#store.buffer, this.#store.byteOffset + offset, ENTRY), 0);
    const spanned = -(trailer.offset | 0) / ENTRY;
    const isKnown = trailer.tag === tag || (tag === REGION.signature && trailer.tag === HEADER_IMAGE);
    const isTrailer = isKnown && trailer.type === TYPE.bin && trailer.count === ENTRY;
    if (!isTrailer || !Number.isInteger(spanned) || spanned < 1 || spanned > this.#entries.length) {
      throw this.#broken(`the trailer of region tag ${tag} does not match the index`);
    }
    return spanned;
  }

  /** Every entry but the region's own, each checked to lie inside the store, in order, aligned and once. */
  checkedEntries(): ReadonlyMap<number, HeaderEntry> {
    const found = new Map<number, HeaderEntry>();
    let end = 0;
    for (const [i, entry] of this.#entries.entries()) {
      if (i === 0) continue;
      if (i === this.#region.entries) end = Math.max(end, this.#region.start + ENTRY);
      const limit = i < this.#region.entries ? this.#region.start : this.#store.length;
      this.#checkShape(entry);
      if (entry.offset < end) throw this.#broken(`tag ${entry.tag} overlaps the one before`);
      end = this.#endOf(entry, limit);
      if (found.has(entry.tag)) throw this.#broken(`tag ${entry.tag} stands twice`);
      found.set(entry.tag, entry);
    }
    return found;
  }

  #checkShape({ tag, type, offset, count }: HeaderEntry): void {
    if (tag < FIRST_PLAIN_TAG || tag > 0x7fffffff) throw this.#broken(`tag ${tag} is out of range`);
    if (type < TYPE.char || type > TYPE.i18nString) throw this.#broken(`tag ${tag} has type ${type}`);
    if (count < 1 || count > this.#store.length) throw this.#broken(`tag ${tag} counts ${count} values`);
    if (type === TYPE.string && count !== 1) throw this.#broken(`tag ${tag} is ${count} strings in one`);
    if (offset % (ALIGNMENT[type] ?? 1) !== 0) throw this.#broken(`tag ${tag} is not aligned`);
  }

  #endOf(entry: HeaderEntry, limit: number): number {
    const end = STRING_TYPES.includes(entry.type)
      ? this.#endOfStrings(entry, limit)
      : entry.offset + entry.count * (ALIGNMENT[entry.type] ?? 1);
    if (end > limit) throw this.#broken(`tag ${entry.tag} reaches behind the data`);
    return end;
  }

  #endOfStrings(entry: HeaderEntry, limit: number): number {
    let at = entry.offset;
    for (let i = 0; i < entry.count; i += 1) {
      const zero = this.#store.indexOf(0, at);
      if (zero < 0 || zero >= limit) throw this.#broken(`tag ${entry.tag} has a string without an end`);
      at = zero + 1;
    }
    return at;
  }
}

function readEntry(view: DataView, at: number): HeaderEntry {
  return {
    tag: view.getUint32(at),
    type: view.getUint32(at + 4),
    offset: view.getUint32(at + 8),
    count: view.getUint32(at + 12),
  };
}

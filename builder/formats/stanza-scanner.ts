import { malformed } from './malformed.ts';

const NEWLINE = 10;
const COLON = 58;
const HASH = 35;

/**
 * Reads chosen fields of the stanzas of a large control file without making a string of anything else: an
 * index of 50 MB holds some 1.5 million lines, of which a caller wants a third.
 *
 * Call `next()` for each stanza, then `text(i)` for the wanted field number `i`. Strings are copies, so
 * the buffer can be freed. Throws an `AppError` (`deb822.*`) for lines that are no fields and for a
 * wanted field that stands twice in a stanza.
 */
export class StanzaScanner {
  readonly #data: Buffer;
  readonly #where: string;
  readonly #names: readonly string[];
  /** Wanted fields by length and first letter of their name. */
  readonly #candidates: (readonly Wanted[] | undefined)[] = [];
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  #position = 0;
  #stanzaStart = 0;

  constructor(data: Buffer, wanted: readonly string[], where: string) {
    this.#data = data;
    this.#where = where;
    this.#names = wanted;
    this.#starts = new Int32Array(wanted.length);
    this.#ends = new Int32Array(wanted.length);
    for (const [index, name] of wanted.entries()) {
      const slot = slotOf(name.length, name.charCodeAt(0));
      const bytes = Buffer.from(name.toLowerCase(), 'latin1');
      this.#candidates[slot] = [...(this.#candidates[slot] ?? []), { index, bytes }];
    }
  }

  /** File and line of the current stanza: counted only when someone asks, that is for an error. */
  get where(): string {
    let line = 1;
    for (let at = this.#data.indexOf(NEWLINE); at >= 0 && at < this.#stanzaStart;) {
      line += 1;
      at = this.#data.indexOf(NEWLINE, at + 1);
    }
    return `${this.#where}:${line}`;
  }

  /** Moves to the next stanza; false at the end. */
  next(): boolean {
    const data = this.#data;
    this.#starts.fill(-1);
    let position = this.#position;
    while (position < data.length && data[position] === NEWLINE) position += 1;
    this.#stanzaStart = position;
    let field = UNWANTED;
    while (position < data.length) {
      const first = data[position] ?? 0;
      if (first === NEWLINE) break;
      let end = position;
      while (end < data.length && data[end] !== NEWLINE) end += 1;
      if (first === 32 || first === 9) this.#continue(field, position, end);
      else if (first !== HASH) field = this.#field(position, end);
      position = end + 1;
    }
    this.#position = position;
    return position > this.#stanzaStart;
  }

  /** The value of wanted field number `index`, without white space around it; undefined when absent. */
  text(index: number): string | undefined {
    const start = this.#starts[index] ?? -1;
    if (start < 0) return undefined;
    return this.#data.toString('utf8', start, this.#ends[index]);
  }

  /** As `text`; an absent or empty field is an `AppError`. */
  required(index: number): string {
    const text = this.text(index);
    if (text === undefined || text === '') {
      throw malformed('deb822.missing', `A stanza has no field ${this.#names[index] ?? ''}.`, this.where);
    }
    return text;
  }

  #field(start: number, end: number): number {
    const data = this.#data;
    let colon = start;
    while (colon < end && data[colon] !== COLON) colon += 1;
    if (colon === end || colon === start) {
      throw malformed('deb822.field', 'A line is not a field.', this.where, {
        expected: 'Name: value',
        got: data.toString('latin1', start, Math.min(end, start + 200)),
      });
    }
    const index = this.#lookup(start, colon);
    if (index === UNWANTED) return UNWANTED;
    if ((this.#starts[index] ?? -1) >= 0) {
      const name = this.#names[index] ?? '';
      throw malformed('deb822.duplicate', `The field ${name} stands twice in one stanza.`, this.where);
    }
    let from = colon + 1;
    while (from < end && isBlank(data[from])) from += 1;
    this.#starts[index] = from;
    this.#ends[index] = this.#trimmed(from, end);
    return index;
  }

  #continue(field: number, start: number, end: number): void {
    if (start === this.#stanzaStart) {
      throw malformed('deb822.continuation', 'A continuation line follows no field.', this.where);
    }
    const trimmed = this.#trimmed(start, end);
    if (trimmed === start) {
      throw malformed('deb822.blank-line', 'A line holds only white space.', this.where);
    }
    if (field !== UNWANTED) this.#ends[field] = trimmed;
  }

  #trimmed(start: number, end: number): number {
    let trimmed = end;
    while (trimmed > start && isBlank(this.#data[trimmed - 1])) trimmed -= 1;
    return trimmed;
  }

  #lookup(start: number, colon: number): number {
    const candidates = this.#candidates[slotOf(colon - start, this.#data[start] ?? 0)];
    if (candidates === undefined) return UNWANTED;
    for (const { index, bytes } of candidates) {
      let at = 0;
      while (at < bytes.length && lower(this.#data[start + at] ?? 0) === bytes[at]) at += 1;
      if (at === bytes.length) return index;
    }
    return UNWANTED;
  }
}

interface Wanted {
  readonly index: number;
  readonly bytes: Uint8Array;
}

const UNWANTED = -1;

function slotOf(length: number, firstByte: number): number {
  return (Math.min(length, 63) << 5) | (firstByte & 31);
}

function lower(byte: number): number {
  return byte >= 65 && byte <= 90 ? byte | 32 : byte;
}

function isBlank(byte: number | undefined): boolean {
  return byte === 32 || byte === 9 || byte === 13;
}

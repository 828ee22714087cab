import { createHash } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import { AppError } from '../../../core/errors.ts';
import { MIB } from '../../../core/bytes.ts';
import { malformed } from '../malformed.ts';
import { applyDelta } from './delta.ts';
import {
  ID_BYTES,
  objectId,
  type GitHash,
  type GitObject,
  type GitObjects,
  type GitObjectType,
} from './objects.ts';

/** The largest object and the largest sum of all that are taken: defences against bombs. */
const MAX_OBJECT = 256 * MIB;
const MAX_TOTAL = 4096 * MIB;
/** Unpacked objects that are kept, since deltas of others start from them. */
const KEPT = 64 * MIB;

const TYPES: Readonly<Record<number, GitObjectType>> = { 1: 'commit', 2: 'tree', 3: 'blob', 4: 'tag' };
const OFFSET_DELTA = 6;
const ID_DELTA = 7;

interface Entry {
  readonly type: number;
  /** Of the unpacked data: the object, or the delta. */
  readonly size: number;
  /** Where the packed data start. */
  readonly data: number;
  /** The base of a delta: the place of its entry, or its id. */
  readonly base?: number | string;
}

/**
 * The objects of a pack (gitformat-pack(5), versions 2 and 3) by their ids. Every id is computed from the bytes that
 * are handed out; nothing is believed. Throws `git.pack` (kind `verification`) for a pack that is damaged, cut short,
 * or has deltas without their bases.
 */
export class Pack implements GitObjects {
  readonly #bytes: Buffer;
  readonly #hash: GitHash;
  readonly #where: string;
  readonly #entries = new Map<number, Entry>();
  readonly #places = new Map<string, number>();
  readonly #kept = new Map<number, GitObject>();
  #keptBytes = 0;

  constructor(bytes: Buffer, hash: GitHash, where: string) {
    this.#bytes = bytes;
    this.#hash = hash;
    this.#where = where;
    this.#scan();
    this.#index();
  }

  /** The content of an object. Throws `git.missing` when the pack does not have it, or as another type. */
  read(id: string, type: GitObjectType): Buffer {
    const place = this.#places.get(id);
    const found = place === undefined ? undefined : this.#object(place);
    if (found?.type === type) return found.content;
    throw malformed('git.missing', 'The pack lacks an object that the tag needs.', this.#where, {
      expected: `${type} ${id}`,
      got: found?.type ?? 'nothing',
    });
  }

  /** Finds where each entry starts: packed data have no length, so each has to be unpacked. */
  #scan(): void {
    const end = this.#bytes.length - ID_BYTES[this.#hash];
    const version = end < 12 ? 0 : this.#bytes.readUInt32BE(4);
    if (this.#bytes.toString('latin1', 0, 4) !== 'PACK' || version < 2 || version > 3) {
      throw this.#bad('PACK, version 2', this.#bytes.toString('latin1', 0, 8));
    }
    const sum = createHash(this.#hash).update(this.#bytes.subarray(0, end)).digest();
    if (!sum.equals(this.#bytes.subarray(end))) throw this.#bad('its own checksum', sum.toString('hex'));
    const count = this.#bytes.readUInt32BE(8);
    let at = 12;
    let total = 0;
    for (let number = 0; number < count; number += 1) {
      const entry = this.#header(at, end);
      total += entry.size;
      if (entry.size > MAX_OBJECT || total > MAX_TOTAL)
        throw this.#bad('smaller objects', `${entry.size} bytes`);
      this.#entries.set(at, entry);
      at = entry.data + this.#inflate(entry).used;
    }
    if (at !== end) throw this.#bad(`${count} objects until byte ${end}`, `the last ends at ${at}`);
  }

  /** Computes the ids. A delta may name a base that comes later. */
  #index(): void {
    let waiting = [...this.#entries.keys()];
    let total = 0;
    while (waiting.length > 0) {
      const left = waiting.filter((place) => {
        const object = this.#object(place);
        if (object === undefined) return true;
        total += object.content.length;
        if (total > MAX_TOTAL) throw this.#bad('fewer bytes', `${total}`);
        const id = objectId(object.type, object.content, this.#hash);
        // The first place stays: a later copy could be a delta of the object itself, which would be a circle.
        if (!this.#places.has(id)) this.#places.set(id, place);
        return false;
      });
      if (left.length === waiting.length)
        throw this.#bad('all bases of its deltas', `${left.length} without`);
      waiting = left;
    }
  }

  /** The object of an entry; undefined while the id of a base in its chain is not known. */
  #object(place: number): GitObject | undefined {
    const chain: number[] = [];
    let at: number | undefined = place;
    let object = this.#kept.get(place);
    while (object === undefined) {
      const entry: Entry | undefined = at === undefined ? undefined : this.#entries.get(at);
      if (at === undefined || entry === undefined) return undefined;
      const type = TYPES[entry.type];
      if (type === undefined) {
        chain.push(at);
        at = typeof entry.base === 'string' ? this.#places.get(entry.base) : entry.base;
        object = at === undefined ? undefined : this.#kept.get(at);
      } else {
        object = this.#keep(at, { type, content: this.#inflate(entry).content });
      }
    }
    for (const delta of chain.reverse()) object = this.#applied(delta, object);
    return object;
  }

  #applied(place: number, base: GitObject): GitObject {
    const entry = this.#entries.get(place);
    if (entry === undefined) return base;
    const content = applyDelta(base.content, this.#inflate(entry).content, this.#where, MAX_OBJECT);
    return this.#keep(place, { type: base.type, content });
  }

  #keep(place: number, object: GitObject): GitObject {
    this.#kept.set(place, object);
    this.#keptBytes += object.content.length;
    for (const [oldest, { content }] of this.#kept) {
      if (this.#keptBytes <= KEPT) break;
      this.#kept.delete(oldest);
      this.#keptBytes -= content.length;
    }
    return object;
  }

  #header(start: number, end: number): Entry {
    let at = start;
    const next = (): number => {
      if (at >= end) throw this.#bad('another entry', 'the end');
      return this.#bytes[at++] ?? 0;
    };
    let byte = next();
    const type = (byte >> 4) & 0x07;
    let size = byte & 0x0f;
    for (let factor = 16; (byte & 0x80) !== 0; factor *= 128) {
      byte = next();
      size += (byte & 0x7f) * factor;
      if (size > MAX_OBJECT) throw this.#bad('smaller objects', `${size} bytes`);
    }
    if (TYPES[type] !== undefined) return { type, size, data: at };
    if (type === OFFSET_DELTA) {
      byte = next();
      let back = byte & 0x7f;
      while ((byte & 0x80) !== 0 && back <= start) {
        byte = next();
        back = (back + 1) * 128 + (byte & 0x7f);
      }
      if (!this.#entries.has(start - back)) throw this.#bad('a base before its delta', `${start - back}`);
      return { type, size, data: at, base: start - back };
    }
    if (type !== ID_DELTA) throw this.#bad('a type of object', String(type));
    const data = at + ID_BYTES[this.#hash];
    return { type, size, data, base: this.#bytes.toString('hex', at, data) };
  }

  #inflate({ data, size }: Entry): { readonly content: Buffer; readonly used: number } {
    try {
      const packed = this.#bytes.subarray(data, this.#bytes.length - ID_BYTES[this.#hash]);
      const options = { info: true, maxOutputLength: Math.max(1, size), chunkSize: Math.max(64, size + 1) };
      const { buffer, engine } = inflateSync(packed, options) as unknown as Inflated;
      if (buffer.length !== size) throw this.#bad(`${size} bytes`, `${buffer.length} bytes`);
      return { content: buffer, used: engine.bytesWritten };
    } catch (error) {
      if (error instanceof AppError) throw error;
      throw this.#bad(`${size} bytes at ${data}`, error instanceof Error ? error.message : String(error));
    }
  }

  #bad(expected: string, got: string): AppError {
    return malformed('git.pack', 'The pack of the repository is damaged.', this.#where, { expected, got });
  }
}

/** What Node gives with `info`; its types do not say so. */
interface Inflated {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

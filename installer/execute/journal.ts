import { createHash } from 'node:crypto';
import { z } from 'zod';
import { KIB } from '../../core/bytes.ts';

/**
 * The journal lies on the disk itself, between the partition table and the first partition, which starts
 * at 1 MiB. So it is there before any file system, and is found again after a power cut.
 */
export const JOURNAL_OFFSET = 64 * KIB;
export const JOURNAL_LENGTH = 896 * KIB;

/** Each record begins at a multiple of this: a sector of any disk is whole or old, never half. */
const BLOCK = 4 * KIB;
const MAGIC = 'QFJ1';
const HEADER = 4 + 4 + 32;

const recordSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('begin'), session: z.string(), plan: z.string(), input: z.unknown() }),
  z.strictObject({ type: z.literal('done'), session: z.string(), step: z.string() }),
  z.strictObject({ type: z.literal('failed'), session: z.string(), step: z.string(), message: z.string() }),
  z.strictObject({ type: z.literal('finished'), session: z.string() }),
]);
export type JournalRecord = z.infer<typeof recordSchema>;

export interface JournalState {
  readonly begin: Extract<JournalRecord, { type: 'begin' }>;
  readonly done: ReadonlySet<string>;
  readonly finished: boolean;
  /** Bytes used, where the next record goes. */
  readonly used: number;
}

/** A record as whole blocks: magic, length (32 bit, little-endian), SHA-256, JSON, zeros. */
export function encodeRecord(record: JournalRecord): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(record));
  const bytes = new Uint8Array(Math.ceil((HEADER + json.length) / BLOCK) * BLOCK);
  bytes.set(new TextEncoder().encode(MAGIC), 0);
  new DataView(bytes.buffer).setUint32(4, json.length, true);
  bytes.set(createHash('sha256').update(json).digest(), 8);
  bytes.set(json, HEADER);
  return bytes;
}

/** What a journal says, up to its last whole record; undefined when there is none. Never throws. */
export function readJournal(region: Uint8Array): JournalState | undefined {
  let begin: JournalState['begin'] | undefined;
  const done = new Set<string>();
  let finished = false;
  let used = 0;
  for (;;) {
    const next = decodeAt(region, used);
    if (next === undefined) break;
    if (begin === undefined) {
      if (next.record.type !== 'begin') return undefined;
      begin = next.record;
    } else if (next.record.session !== begin.session || next.record.type === 'begin') {
      break;
    }
    if (next.record.type === 'done') done.add(next.record.step);
    if (next.record.type === 'finished') finished = true;
    used += next.length;
  }
  return begin === undefined ? undefined : { begin, done, finished, used };
}

function decodeAt(
  region: Uint8Array,
  offset: number,
): { readonly record: JournalRecord; readonly length: number } | undefined {
  if (offset + HEADER > region.length) return undefined;
  if (new TextDecoder('latin1').decode(region.subarray(offset, offset + 4)) !== MAGIC) return undefined;
  const size = new DataView(region.buffer, region.byteOffset + offset, 8).getUint32(4, true);
  if (offset + HEADER + size > region.length) return undefined;
  const json = region.subarray(offset + HEADER, offset + HEADER + size);
  const sum = createHash('sha256').update(json).digest();
  if (!sum.equals(region.subarray(offset + 8, offset + HEADER))) return undefined;
  const record = parseRecord(new TextDecoder().decode(json));
  return record === undefined ? undefined : { record, length: Math.ceil((HEADER + size) / BLOCK) * BLOCK };
}

function parseRecord(json: string): JournalRecord | undefined {
  try {
    return recordSchema.safeParse(JSON.parse(json)).data;
  } catch {
    return undefined;
  }
}

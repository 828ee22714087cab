import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { canonicalJson, digestOf, parseSha256, type Sha256 } from '../../core/digest.ts';
import { noteUse, readSmallIfPresent, temporaryPath } from '../../edge/files.ts';
import type { Extent } from '../verify/hash-chain.ts';
import type { Layout, RecordKind } from './layout.ts';

/** What a stage made. */
export interface StageRecord {
  /** Every blob that the outputs need; `gc` keeps them with the record. */
  readonly blobs: readonly Extent[];
  /** The stage's own account, as JSON. */
  readonly outputs: unknown;
}

/** Names a computation over one blob. */
export interface DerivedKey {
  /** For example `decompressed`. */
  readonly kind: string;
  /** Raised when the computation changes. */
  readonly version: number;
  readonly input: Sha256;
}

const digest = z.string().transform((text, context): Sha256 => {
  const parsed = parseSha256(text);
  if (parsed === undefined) context.addIssue('not a SHA-256');
  return parsed ?? ('' as Sha256);
});
const extent = z.strictObject({ size: z.int().nonnegative(), sha256: digest });
const stageSchema = z.strictObject({ blobs: z.array(extent), outputs: z.json() });
const derivedSchema = z.strictObject({
  kind: z.string(),
  version: z.int(),
  input: digest,
  blob: extent,
});
const envelopeSchema = z.strictObject({ digest, body: z.unknown() });

export type DerivedRecord = z.infer<typeof derivedSchema>;

/** Small JSON files by id. Each carries the digest of its body; a damaged one counts as absent. */
export class Records {
  readonly #layout: Layout;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  async stage(id: Sha256): Promise<StageRecord | undefined> {
    return this.#read('stages', id, stageSchema);
  }

  async putStage(id: Sha256, record: StageRecord): Promise<void> {
    await this.#write('stages', id, record);
  }

  async derived(key: DerivedKey): Promise<Extent | undefined> {
    const record = await this.#read('derived', digestOf(key), derivedSchema);
    return record?.input === key.input && record.kind === key.kind ? record.blob : undefined;
  }

  async putDerived(key: DerivedKey, blob: Extent): Promise<void> {
    await this.#write('derived', digestOf(key), { ...key, blob });
  }

  /** For `gc`: a record without counting as a use of it. */
  peekStage(id: Sha256): StageRecord | undefined {
    return this.#peek('stages', id, stageSchema);
  }

  /** For `gc`: a record without counting as a use of it. */
  peekDerived(id: Sha256): DerivedRecord | undefined {
    return this.#peek('derived', id, derivedSchema);
  }

  async #read<T>(kind: RecordKind, id: Sha256, schema: z.ZodType<T>): Promise<T | undefined> {
    const record = this.#peek(kind, id, schema);
    const path = this.#layout.record(kind, id);
    if (record === undefined) await rm(path, { force: true });
    else await noteUse(path);
    return record;
  }

  #peek<T>(kind: RecordKind, id: Sha256, schema: z.ZodType<T>): T | undefined {
    const bytes = readSmallIfPresent(this.#layout.record(kind, id));
    return bytes === undefined ? undefined : schema.safeParse(openEnvelope(bytes.toString('utf8'))).data;
  }

  /** Not synced: what a power cut tears does not fit its digest, so it counts as absent and is made anew. */
  async #write(kind: RecordKind, id: Sha256, body: unknown): Promise<void> {
    const path = this.#layout.record(kind, id);
    const temporary = temporaryPath(this.#layout.tmp, kind);
    try {
      await writeFile(temporary, canonicalJson({ digest: digestOf(body), body }), { flag: 'wx' });
      await mkdir(dirname(path), { recursive: true });
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }
}

function openEnvelope(text: string): unknown {
  try {
    const envelope = envelopeSchema.parse(JSON.parse(text));
    return digestOf(envelope.body) === envelope.digest ? envelope.body : undefined;
  } catch {
    return undefined;
  }
}

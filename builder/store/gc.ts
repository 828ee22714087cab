import { lstat, readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseSha256, type Sha256 } from '../../core/digest.ts';
import { ignoreMissing, listDirectory, sweepTemporary } from '../../edge/files.ts';
import type { Layout, RecordKind } from './layout.ts';
import { lockForCollection } from './lease.ts';
import { Records } from './records.ts';
import { readRoots, type Root } from './roots.ts';

export interface GcOptions {
  /** Milliseconds: what was used within this time stays, root or not. */
  readonly grace: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** More roots than the registered ones. */
  readonly roots?: readonly Root[];
  readonly dryRun?: boolean;
  /** Nothing stays, whatever roots and time say. */
  readonly all?: boolean;
}

export interface GcReport {
  readonly removedBlobs: number;
  readonly removedRecords: number;
  readonly removedTrees: number;
  /** Bytes of the removed blobs and trees. */
  readonly freed: number;
  readonly keptBlobs: number;
  /** Bytes of the blobs that stay. */
  readonly kept: number;
}

/**
 * Mark and sweep. Kept: blobs and stage records of the roots, whatever was used within the grace
 * period, the blobs of kept stages, what was derived from kept blobs, and the trees whose list is kept.
 */
export async function collectGarbage(layout: Layout, options: GcOptions): Promise<GcReport> {
  const lock = await lockForCollection(layout);
  try {
    return await sweep(layout, options);
  } finally {
    await lock[Symbol.asyncDispose]();
  }
}

async function sweep(layout: Layout, options: GcOptions): Promise<GcReport> {
  if (options.dryRun !== true) await sweepTemporary(layout.tmp, { now: options.now });
  const blobs = await scan(layout.blobs());
  const stages = await scan(layout.records('stages'));
  const derived = await scan(layout.records('derived'));
  const live = options.all === true ? NOTHING : await mark(layout, options, { blobs, stages, derived });
  const dead = (entries: readonly Entry[], keep: ReadonlySet<Sha256>): Entry[] =>
    entries.filter((entry) => !keep.has(entry.id));
  const deadBlobs = dead(blobs, live.blobs);
  const deadRecords = [...dead(stages, live.stages), ...dead(derived, live.derived)];
  const deadTrees = dead(await scanTrees(layout), live.blobs);
  if (options.dryRun !== true) {
    // Records first: a record must not outlive its blobs.
    for (const entry of [...deadRecords, ...deadBlobs, ...deadTrees])
      await rm(entry.path, { recursive: true, force: true });
  }
  return {
    removedBlobs: deadBlobs.length,
    removedRecords: deadRecords.length,
    removedTrees: deadTrees.length,
    freed: sum(deadBlobs) + sum(deadTrees),
    keptBlobs: blobs.length - deadBlobs.length,
    kept: sum(blobs) - sum(deadBlobs),
  };
}

const NOTHING: Live = { blobs: new Set(), stages: new Set(), derived: new Set() };

interface Entry {
  readonly id: Sha256;
  readonly path: string;
  readonly size: number;
  readonly used: number;
}

interface Scanned {
  readonly blobs: readonly Entry[];
  readonly stages: readonly Entry[];
  readonly derived: readonly Entry[];
}

type Live = Readonly<Record<'blobs' | RecordKind, ReadonlySet<Sha256>>>;

async function mark(layout: Layout, options: GcOptions, scanned: Scanned): Promise<Live> {
  const roots = [...(await readRoots(layout)), ...(options.roots ?? [])];
  const recent = (entries: readonly Entry[]): Sha256[] =>
    entries.filter((entry) => options.now - entry.used < options.grace).map((entry) => entry.id);
  const blobs = new Set([...roots.flatMap((root) => root.blobs), ...recent(scanned.blobs)]);
  const stages = new Set([...roots.flatMap((root) => root.stages), ...recent(scanned.stages)]);
  const derived = new Set<Sha256>();
  const records = new Records(layout);
  for (const { id } of scanned.stages) {
    if (!stages.has(id)) continue;
    for (const blob of records.peekStage(id)?.blobs ?? []) blobs.add(blob.sha256);
  }
  for (const { id } of scanned.derived) {
    const record = records.peekDerived(id);
    if (record === undefined || !blobs.has(record.input)) continue;
    derived.add(id);
    blobs.add(record.blob.sha256);
  }
  return { blobs, stages, derived };
}

async function scan(directory: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const shard of await listDirectory(directory)) {
    for (const name of await listDirectory(join(directory, shard))) {
      const path = join(directory, shard, name);
      const id = parseSha256(basename(name, '.json'));
      const found = await stat(path).catch(ignoreMissing);
      if (id === undefined || found === undefined) continue;
      entries.push({ id, path, size: found.size, used: found.mtimeMs });
    }
  }
  return entries;
}

/** Toolbox trees; the name of each is the hash of the blob that lists it. */
async function scanTrees(layout: Layout): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const name of await listDirectory(layout.trees())) {
    const id = parseSha256(name);
    const path = join(layout.trees(), name);
    if (id !== undefined) entries.push({ id, path, size: await sizeOfTree(path), used: 0 });
  }
  return entries;
}

async function sizeOfTree(directory: string): Promise<number> {
  let size = 0;
  for (const entry of await readdir(directory, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) size += (await lstat(join(entry.parentPath, entry.name))).size;
  }
  return size;
}

function sum(entries: readonly Entry[]): number {
  return entries.reduce((total, entry) => total + entry.size, 0);
}

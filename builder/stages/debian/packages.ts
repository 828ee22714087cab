import { digestOf, type Sha256 } from '../../../core/digest.ts';
import type { EventSink } from '../../../core/events.ts';
import { mapLimit } from '../../../core/parallel.ts';
import type { Extent } from '../../verify/hash-chain.ts';
import type { Outputs } from '../../graph/stage.ts';
import type { BuildPorts, DebOpener } from '../ports.ts';
import { INGEST_VERSION, type PackageFacts } from './ingest.ts';

/** A package as a stage names it: by the bytes of its .deb. Part of the stage's options, so of its id. */
export interface PackageRef {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly size: number;
  readonly sha256: Sha256;
}

/** A package whose archives lie uncompressed in the store. */
export interface StoredPackage {
  readonly facts: PackageFacts;
  readonly data: Extent;
  readonly info: Extent;
}

interface StoredRecord {
  readonly facts: Extent;
  readonly data: Extent;
  readonly info: Extent;
}

/**
 * Opens packages, or finds them opened in the store. Throws an `AppError` of kind `verification` for a .deb
 * that is not the locked one or that holds something unsafe; nothing of it is used then.
 */
export async function openPackages(
  ports: BuildPorts,
  packages: readonly PackageRef[],
  report: {
    readonly id: string;
    readonly sink: EventSink;
    readonly signal: AbortSignal;
    /** One whose programs help; none is needed. */
    readonly toolbox?: Outputs | undefined;
  },
): Promise<StoredPackage[]> {
  let done = 0;
  await using opener = ports.openDebs(report.toolbox, report.signal);
  // A package is handed from program to thread: with twice as many, neither waits for the other.
  return await mapLimit(packages, 2 * ports.jobs, async (pkg) => {
    report.signal.throwIfAborted();
    const stored = (await findStored(ports, pkg)) ?? (await open(ports, opener, pkg));
    done += 1;
    report.sink({
      type: 'progress',
      id: report.id,
      done,
      total: packages.length,
      unit: 'items',
      detail: `${pkg.name} ${pkg.version}`,
    });
    return stored;
  });
}

function recordId(pkg: PackageRef): Sha256 {
  return digestOf({ kind: 'opened-deb', version: INGEST_VERSION, input: pkg.sha256 });
}

/** A package that was opened before; undefined when it was not, or when part of it is gone. */
export async function findStored(
  { store }: Pick<BuildPorts, 'store'>,
  pkg: PackageRef,
): Promise<StoredPackage | undefined> {
  const record = await store.stage(recordId(pkg));
  if (record === undefined) return undefined;
  const { facts, data, info } = record.outputs as StoredRecord;
  const text = await store.read(facts, `facts of ${pkg.name}`);
  return { facts: JSON.parse(text.toString('utf8')) as PackageFacts, data, info };
}

async function open(
  { store, keepBytes }: BuildPorts,
  opener: DebOpener,
  pkg: PackageRef,
): Promise<StoredPackage> {
  const dataPath = store.temporaryPath('data');
  const where = `${pkg.name}_${pkg.version}_${pkg.architecture}.deb`;
  const deb = store.pathOf(pkg);
  const { facts, data, info } = await opener.ingest({
    deb,
    size: pkg.size,
    sha256: pkg.sha256,
    where,
    dataPath,
  });
  const record: StoredRecord = {
    data: await store.adopt(dataPath, data),
    info: await keepBytes(info),
    facts: await keepBytes(Buffer.from(JSON.stringify(facts))),
  };
  await store.putStage(recordId(pkg), {
    blobs: [record.data, record.info, record.facts],
    outputs: { data: record.data, info: record.info, facts: record.facts },
  });
  return { facts, data: record.data, info: record.info };
}

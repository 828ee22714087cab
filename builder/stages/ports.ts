import type { Extent } from '../verify/hash-chain.ts';
import type { Store } from '../store/store.ts';
import type { Sandbox } from '../sandbox/job.ts';
import type { Outputs } from '../graph/stage.ts';
import type { Ingested, IngestTask } from './debian/ingest.ts';

/** Opens .debs until it is disposed of. */
export interface DebOpener extends AsyncDisposable {
  readonly ingest: (task: IngestTask) => Promise<Ingested>;
}

/** A directory that fills with verified blobs in their order; gone after the stage. */
export interface BlobFeed extends AsyncDisposable {
  readonly path: string;
  /** The name of each, a line, once it is there; no end when one of them is damaged. */
  readonly names: AsyncIterable<string>;
  /** Aborted with the error when a blob is damaged or missing. */
  readonly broken: AbortSignal;
}

/** Where a job works; given back when it is over. */
export interface WorkPlace extends AsyncDisposable {
  /** Host directory for the job's `work`; without one it works in memory. */
  readonly directory?: string;
  /** Which of both, and why. */
  readonly account: string;
}

/** The effects that stages use. None of them may change a result. */
export interface BuildPorts {
  readonly store: Store;
  readonly sandbox: Sandbox;
  /** How many things to do at once within a stage. */
  readonly jobs: number;
  /** Opens .debs, on threads of its own; faster with the programs of a toolbox. */
  readonly openDebs: (toolbox: Outputs | undefined, signal: AbortSignal) => DebOpener;
  /** Unpacks data archives to a toolbox tree; returns the list of that tree as a blob. */
  readonly makeToolboxTree: (data: readonly Extent[]) => Promise<Extent>;
  /** Host path of a toolbox's tree, unpacked and checked; made again when it is gone. */
  readonly toolboxTree: (toolbox: Outputs) => Promise<string>;
  /** A directory of hard links to verified blobs, in this order, named 00000, 00001 …; gone after the stage. */
  readonly linkBlobs: (blobs: readonly Extent[]) => Promise<AsyncDisposable & { readonly path: string }>;
  /** The same, filled while a job reads it. */
  readonly feedBlobs: (blobs: readonly Extent[]) => Promise<BlobFeed>;
  /** The same with names of one's own. */
  readonly linkNamed: (
    blobs: Readonly<Record<string, Extent>>,
  ) => Promise<AsyncDisposable & { readonly path: string }>;
  /** A place for a job that writes about so many bytes below `/build`. */
  readonly workPlace: (bytes: number) => Promise<WorkPlace>;
  /** An empty directory for a stage's results; gone after the stage. */
  readonly scratch: () => Promise<AsyncDisposable & { readonly path: string }>;
  /** Puts bytes that can be made again into the store, without waiting for the disk. */
  readonly keepBytes: (bytes: Uint8Array) => Promise<Extent>;
  /**
   * A detached, armored OpenPGP signature by the release key of this fingerprint, dated `epoch`; the same for the
   * same arguments.
   */
  readonly signRelease: (fingerprint: string, data: Uint8Array, epoch: number) => Promise<string>;
  /** Hashes a file of a scratch directory and moves it into the store. */
  readonly keep: (path: string) => Promise<Extent>;
  /** The same for a file that `work` writes from front to back: hashed on the way. */
  readonly keepWritten: (path: string, work: Promise<unknown>) => Promise<Extent>;
}

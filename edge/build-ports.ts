import { linkSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../core/errors.ts';
import { sha256 } from '../core/digest.ts';
import { mapLimit } from '../core/parallel.ts';
import type { Outputs } from '../builder/graph/stage.ts';
import type { BuildPorts } from '../builder/stages/ports.ts';
import { toolboxData } from '../builder/stages/toolbox.ts';
import type { Store } from '../builder/store/store.ts';
import type { Extent } from '../builder/verify/hash-chain.ts';
import { feedBlobs } from './blob-feed.ts';
import { openDebs } from './deb-opener.ts';
import { DebPool } from './deb-pool.ts';
import { hashFile, hashWhileWritten } from './files.ts';
import { availableMemory } from './host.ts';
import { namespaceSandbox } from './sandbox.ts';
import { shiftedSandbox, type ShiftedClock } from './shifted-clock.ts';
import { unpackToolbox } from './toolbox-tree.ts';
import { WorkPlaces } from './work-places.ts';

type Temporary = AsyncDisposable & { readonly path: string };

export interface PortOptions {
  readonly signRelease: BuildPorts['signRelease'];
  /** For `reproduce`: what a sandbox takes for the time. */
  readonly clock?: ShiftedClock | undefined;
  /** Keep what failed jobs leave. */
  readonly keepFailed?: boolean;
}

/** The real ports of a build: a store, sandboxes and threads. Dispose of them when the build is over. */
export function buildPorts(
  store: Store,
  jobs: number,
  { signRelease, clock, keepFailed = false }: PortOptions,
): BuildPorts & AsyncDisposable {
  const sandbox = namespaceSandbox(store.temporaryDirectory, keepFailed ? store.failedDirectory : undefined);
  const pool = new DebPool(jobs);
  const trees = new ToolboxTrees(store, (root) => pool.listTree(root));
  const places = new WorkPlaces(availableMemory, () => store.temporaryPath('tree'));
  const scratch = async (): Promise<Temporary> => {
    const path = store.temporaryPath('work');
    await mkdir(path, { recursive: true });
    return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
  };
  const linkNamed = async (blobs: Readonly<Record<string, Extent>>): Promise<Temporary> => {
    const directory = await scratch();
    await mapLimit(Object.entries(blobs), jobs, async ([name, blob]) => {
      linkSync(await store.verified(blob), join(directory.path, name));
    });
    return directory;
  };
  return {
    store,
    jobs,
    sandbox: clock === undefined ? sandbox : shiftedSandbox(sandbox, clock),
    signRelease,
    openDebs: (toolbox, signal) =>
      openDebs({ pool, sandbox, toolboxTree: (one) => trees.get(one), scratch }, toolbox, signal),
    makeToolboxTree: (data) => trees.make(data),
    toolboxTree: (toolbox) => trees.get(toolbox),
    scratch,
    workPlace: (bytes) => places.take(bytes),
    linkNamed,
    linkBlobs: (blobs) =>
      linkNamed(Object.fromEntries(blobs.map((blob, index) => [String(index).padStart(5, '0'), blob]))),
    feedBlobs: async (blobs) => feedBlobs(store, await scratch(), blobs),
    async keepBytes(bytes) {
      if (store.isReadOnly) return { size: bytes.length, sha256: sha256(bytes) };
      const path = store.temporaryPath('bytes');
      await writeFile(path, bytes, { flag: 'wx' });
      return await store.adopt(path, { size: bytes.length, sha256: sha256(bytes) });
    },
    keep: (path) => adopt(store, path, hashFile(path)),
    keepWritten: (path, work) => adopt(store, path, hashWhileWritten(path, work)),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}

async function adopt(store: Store, path: string, hashed: Promise<Extent | undefined>): Promise<Extent> {
  const extent = await hashed;
  if (extent === undefined) throw resultMissing(path);
  return await store.adopt(path, extent);
}

function resultMissing(path: string): AppError {
  return new AppError({
    kind: 'bug',
    code: 'stage.no-result',
    what: 'a stage did not write its result',
    where: path,
  });
}

/** Toolboxes as directories: below the store, named by the hash of their list, checked once a process. */
class ToolboxTrees {
  readonly #store: Store;
  readonly #listTree: (root: string) => Promise<string>;
  readonly #ready = new Map<string, Promise<string>>();

  constructor(store: Store, listTree: (root: string) => Promise<string>) {
    this.#store = store;
    this.#listTree = listTree;
  }

  async make(data: readonly Extent[]): Promise<Extent> {
    const path = this.#store.temporaryPath('tree');
    try {
      await mkdir(path, { recursive: true });
      const archives = await mapLimit(data, 1, (blob) => this.#store.verified(blob));
      await unpackToolbox(archives, path);
      const list = Buffer.from(await this.#listTree(path));
      const extent = await this.#store.putBytes(list, { where: 'list of a toolbox' });
      await this.#install(path, extent);
      this.#ready.set(extent.sha256, Promise.resolve(this.#place(extent)));
      return extent;
    } finally {
      await rm(path, { recursive: true, force: true });
    }
  }

  get(toolbox: Outputs): Promise<string> {
    const extent = toolbox['tree'];
    if (extent === undefined) throw resultMissing('toolbox: tree');
    const known = this.#ready.get(extent.sha256) ?? this.#check(extent, toolbox);
    this.#ready.set(extent.sha256, known);
    return known;
  }

  async #check(extent: Extent, toolbox: Outputs): Promise<string> {
    const path = this.#place(extent);
    const expected = await readFile(await this.#store.verified(extent, 'list of a toolbox'), 'utf8');
    const got = await this.#listTree(path).catch(() => undefined);
    if (got === expected) return path;
    // Incomplete or changed by somebody: what it was made of is in the store.
    await rm(path, { recursive: true, force: true });
    const made = await this.make(toolboxData(toolbox));
    if (made.sha256 !== extent.sha256) {
      throw new AppError({
        kind: 'verification',
        code: 'toolbox.tree',
        what: 'the toolbox unpacked to another tree than before',
        where: path,
        expected: extent.sha256,
        got: made.sha256,
        next: 'qubeforge gc --all, then run the command again',
      });
    }
    return path;
  }

  #place(extent: Extent): string {
    return join(this.#store.treesDirectory, extent.sha256);
  }

  async #install(path: string, extent: Extent): Promise<void> {
    const place = this.#place(extent);
    await mkdir(dirname(place), { recursive: true });
    await rename(path, place).catch(async (error: unknown) => {
      // Another process was first: its tree has the same list, or the check above will say so.
      if ((await this.#listTree(place).catch(() => undefined)) === undefined) throw error;
    });
  }
}

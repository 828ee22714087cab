/**
 * The content-addressed store: every blob lies under its SHA-256, shared between projects and safe for
 * concurrent builds. Layout and rules: docs/adr/0110-store.md.
 *
 * ```ts
 * await using store = await openStore(cacheDirectory(flags.cache, process.env));
 * const extent = await store.putStream(chunks, { size, sha256, where: 'pool/…/x.deb' });
 * const path = await store.verified(extent);        // hashed in this run; safe to unpack
 * for await (const chunk of store.stream(extent)) …  // the same, as a stream
 * await store.putStage(id, { blobs: [image], outputs: { … } });
 * const made = await store.stage(id);               // undefined: has to be built
 * const tar = await store.derive({ kind: 'data.tar', version: 1, input }, () => decompressed());
 * ```
 *
 * Nothing in the store is believed because it lies there: `verified` reads and hashes a blob once in
 * the life of a process before it hands out its path, and removes it (`store.blob`, kind
 * `verification`) when the hash is another one, so that the next run fetches it again.
 */
import { createReadStream, statSync } from 'node:fs';
import { chmod, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Sha256 } from '../../core/digest.ts';
import {
  hashFile,
  ignoreMissing,
  noteUse,
  statIfPresent,
  sweepTemporary,
  temporaryPath,
  writeFileAtomic,
} from '../../edge/files.ts';
import { AppError } from '../../core/errors.ts';
import { chainError, type Extent } from '../verify/hash-chain.ts';
import { BlobWriter, type Expectation } from './blob-writer.ts';
import { collectGarbage, type GcOptions, type GcReport } from './gc.ts';
import { Layout } from './layout.ts';
import { takeLease } from './lease.ts';
import { Records, type DerivedKey, type StageRecord } from './records.ts';
import { writeRoot, type Root } from './roots.ts';

/** The mark of a directory that backups may leave out (bford.info/cachedir). */
const CACHEDIR_TAG =
  'Signature: 8a477f597d28d172789f06886806bc55\n# Made by Qubeforge; `qubeforge gc` cleans it.\n';

/** Opens the store in a cache directory, makes it if need be, and sweeps what killed processes left. */
export async function openStore(directory: string): Promise<Store> {
  const layout = new Layout(directory);
  await mkdir(layout.tmp, { recursive: true });
  await mkdir(layout.blobs(), { recursive: true });
  const lease = await takeLease(layout);
  await sweepTemporary(layout.tmp);
  const tag = join(directory, 'CACHEDIR.TAG');
  if ((await stat(tag).catch(ignoreMissing)) === undefined) await writeFileAtomic(tag, CACHEDIR_TAG);
  return new Store(layout, lease);
}

/**
 * The store as it lies there, for looking only: nothing is made, swept, leased or noted, also when there is
 * no store yet. Its methods that write must not be called.
 */
export function openStoreForReading(directory: string): Store {
  return new Store(new Layout(directory), undefined);
}

export class Store implements AsyncDisposable {
  readonly #layout: Layout;
  /** Only a store that may write holds one. */
  readonly #lease: AsyncDisposable | undefined;
  readonly #records: Records;
  /** Blobs hashed by this process, with the identity that the file had. */
  readonly #proved = new Map<Sha256, string>();

  constructor(layout: Layout, lease: AsyncDisposable | undefined) {
    this.#layout = layout;
    this.#lease = lease;
    this.#records = new Records(layout);
  }

  /** The directory that the store may use for its own temporary files; swept by the next opener. */
  get temporaryDirectory(): string {
    return this.#layout.tmp;
  }

  /** Where toolboxes are kept as directories, named by the SHA-256 of their lists. */
  get treesDirectory(): string {
    return this.#layout.trees();
  }

  /** Where what failed jobs leave is kept when somebody asks for it. */
  get failedDirectory(): string {
    return this.#layout.failed();
  }

  /** Whether this is a store for looking only. */
  get isReadOnly(): boolean {
    return this.#lease === undefined;
  }

  /** A fresh path in {@link temporaryDirectory}, for {@link adopt}. */
  temporaryPath(hint: string): string {
    return temporaryPath(this.#layout.tmp, hint);
  }

  /** Where a blob lies or would lie. For readers that hash the bytes themselves before they use them. */
  pathOf(blob: { readonly sha256: Sha256 }): string {
    return this.#layout.blob(blob.sha256);
  }

  /** Whether a blob of this hash and size lies in the store. Cheap; says nothing about its bytes. */
  async has(blob: Extent): Promise<boolean> {
    const path = this.#layout.blob(blob.sha256);
    const found = statIfPresent(path);
    if (found?.size !== blob.size) return false;
    if (!this.isReadOnly) await noteUse(path, found);
    return true;
  }

  /** Whether anything lies at the place of a blob, be it damaged. */
  holds(blob: { readonly sha256: Sha256 }): boolean {
    return this.#identity(blob.sha256) !== undefined;
  }

  /** A writer for one blob, for downloads that may start over. Dispose of it in any case. */
  createWriter(expected: Expectation): Promise<BlobWriter> {
    return BlobWriter.create(this.#layout, expected, (digest) => {
      this.#proved.set(digest, this.#identity(digest) ?? '');
    });
  }

  /** Stores a stream. Throws `chain.file` (or by `expected.link`) when it is not what was expected. */
  async putStream(source: AsyncIterable<Uint8Array>, expected: Expectation): Promise<Extent> {
    await using writer = await this.createWriter(expected);
    for await (const chunk of source) await writer.write(chunk);
    return await writer.commit();
  }

  /** Stores bytes. Throws as {@link putStream}. */
  async putBytes(bytes: Uint8Array, expected: Expectation): Promise<Extent> {
    await using writer = await this.createWriter(expected);
    await writer.write(bytes);
    return await writer.commit();
  }

  /**
   * Takes over a file of {@link temporaryDirectory} whose size and hash the caller has just computed from
   * its bytes. Not synced: a blob lost in a power cut is found out by its hash and made again.
   */
  async adopt(path: string, extent: Extent): Promise<Extent> {
    const final = this.#layout.blob(extent.sha256);
    await chmod(path, 0o444);
    await mkdir(dirname(final), { recursive: true });
    await rename(path, final);
    this.#proved.set(extent.sha256, this.#identity(extent.sha256) ?? '');
    return extent;
  }

  /**
   * The path of a blob whose bytes this process has hashed. Throws `store.blob` (kind `verification`)
   * for a damaged blob, which is removed, and `store.missing` (kind `network`) for one that is not there.
   */
  async verified(blob: { readonly sha256: Sha256; readonly size?: number }, what?: string): Promise<string> {
    const path = this.#layout.blob(blob.sha256);
    const identity = this.#identity(blob.sha256);
    if (identity !== undefined && this.#proved.get(blob.sha256) === identity) return path;
    const got = await hashFile(path);
    if (got === undefined) throw missingBlob(blob.sha256, what);
    if (got.sha256 !== blob.sha256 || (blob.size !== undefined && got.size !== blob.size)) {
      await rm(path, { force: true });
      const expected = `${blob.size === undefined ? '' : `${blob.size} bytes, `}SHA-256 ${blob.sha256}`;
      const where = what === undefined ? path : `${what}: ${path}`;
      throw chainError('blob', where, expected, `${got.size} bytes, SHA-256 ${got.sha256}`);
    }
    // The identity from before the hashing: a change in between is noticed the next time.
    if (identity !== undefined) this.#proved.set(blob.sha256, identity);
    return path;
  }

  /** The verified bytes of a blob. Throws as {@link verified}. */
  async read(blob: { readonly sha256: Sha256; readonly size?: number }, what?: string): Promise<Buffer> {
    return readFile(await this.verified(blob, what));
  }

  /** The verified bytes of a blob, in pieces. Throws as {@link verified}. */
  async *stream(
    blob: { readonly sha256: Sha256; readonly size?: number },
    what?: string,
  ): AsyncGenerator<Buffer> {
    const path = await this.verified(blob, what);
    for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) yield chunk as Buffer;
  }

  /** What a stage made; undefined when it was never built here or one of its blobs is gone. */
  async stage(id: Sha256): Promise<StageRecord | undefined> {
    const record = await (this.isReadOnly ? this.#records.peekStage(id) : this.#records.stage(id));
    if (record === undefined) return undefined;
    for (const blob of record.blobs) if (!(await this.has(blob))) return undefined;
    return record;
  }

  /** Records what a stage made. Its blobs must be in the store already. */
  async putStage(id: Sha256, record: StageRecord): Promise<void> {
    await this.#records.putStage(id, record);
  }

  /**
   * A blob computed from other blobs (decompressed, converted): from the store if it was made before,
   * else made by `produce`. The key names the computation and its version; same key, same bytes.
   */
  async derive(key: DerivedKey, produce: () => AsyncIterable<Uint8Array>): Promise<Extent> {
    const known = await this.#records.derived(key);
    if (known !== undefined && (await this.has(known))) return known;
    const made = await this.putStream(produce(), { where: `${key.kind} of ${key.input}` });
    await this.#records.putDerived(key, made);
    return made;
  }

  /** Registers what a lock or an image still needs, so that `gc` keeps it while `root.path` exists. */
  setRoot(root: Root): Promise<void> {
    return writeRoot(this.#layout, root);
  }

  /** Removes what no root needs and nobody used for a while. Throws `lock.busy` while others work. */
  collectGarbage(options: GcOptions): Promise<GcReport> {
    return collectGarbage(this.#layout, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lease?.[Symbol.asyncDispose]();
  }

  #identity(digest: Sha256): string | undefined {
    const found = statSync(this.#layout.blob(digest), { bigint: true, throwIfNoEntry: false });
    if (found === undefined) return undefined;
    // Not the time of the inode's last change: each hard link into a stage's inputs and its removal changes that.
    return [found.ino, found.size, found.mtimeNs].join('.');
  }
}

function missingBlob(digest: Sha256, what: string | undefined): AppError {
  return new AppError({
    kind: 'network',
    code: 'store.missing',
    what: 'a file that the lock names is not in the store',
    where: what,
    expected: `a file with SHA-256 ${digest}`,
    got: 'nothing',
    next: 'run the command again without --offline, so that it is fetched',
  });
}

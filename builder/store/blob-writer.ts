import { createHash, type Hash } from 'node:crypto';
import { chmod, mkdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Sha256 } from '../../core/digest.ts';
import { openExclusive, temporaryPath } from '../../edge/files.ts';
import { chainError, checkExtent, type Extent, type Link } from '../verify/hash-chain.ts';
import type { Layout } from './layout.ts';

/** What the bytes must turn out to be; a member that is not known yet is left out. */
export interface Expectation {
  readonly size?: number;
  readonly sha256?: Sha256;
  /** What the bytes are, for messages. */
  readonly where: string;
  /** The link of the chain that vouches for them; default `file`. */
  readonly link?: Link;
}

/** Writes one blob: hashed on the way, visible under its name only when complete and as expected. */
export class BlobWriter implements AsyncDisposable {
  readonly #layout: Layout;
  readonly #expected: Expectation;
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #committed: (digest: Sha256) => void;
  #hash: Hash = createHash('sha256');
  #written = 0;
  #open = true;

  private constructor(
    layout: Layout,
    expected: Expectation,
    path: string,
    handle: FileHandle,
    committed: (digest: Sha256) => void,
  ) {
    this.#layout = layout;
    this.#expected = expected;
    this.#path = path;
    this.#handle = handle;
    this.#committed = committed;
  }

  static async create(
    layout: Layout,
    expected: Expectation,
    committed: (digest: Sha256) => void,
  ): Promise<BlobWriter> {
    const path = temporaryPath(layout.tmp, 'blob');
    return new BlobWriter(layout, expected, path, await openExclusive(path, 0o600), committed);
  }

  /** Bytes so far. */
  get written(): number {
    return this.#written;
  }

  /** Takes a piece. Throws as soon as there are more bytes than expected. */
  async write(chunk: Uint8Array): Promise<void> {
    const { size, where, link = 'file' } = this.#expected;
    if (size !== undefined && this.#written + chunk.length > size) {
      throw chainError(link, where, `${size} bytes`, `more than ${size} bytes`);
    }
    this.#hash.update(chunk);
    for (let done = 0; done < chunk.length;) {
      const position = this.#written + done;
      done += (await this.#handle.write(chunk, done, chunk.length - done, position)).bytesWritten;
    }
    this.#written += chunk.length;
  }

  /** Forgets everything written so far. */
  async reset(): Promise<void> {
    await this.#handle.truncate(0);
    this.#hash = createHash('sha256');
    this.#written = 0;
  }

  /**
   * Checks size and hash, then makes the blob visible: fsync, rename. Throws `chain.file` (or what
   * `link` says) and leaves nothing when the bytes are not the expected ones.
   */
  async commit(): Promise<Extent> {
    const { link = 'file', where } = this.#expected;
    const got: Extent = { size: this.#written, sha256: this.#hash.digest('hex') as Sha256 };
    try {
      checkExtent(link, where, { ...got, ...known(this.#expected) }, got);
      await this.#handle.sync();
      await this.#close();
      await chmod(this.#path, 0o444);
      const final = this.#layout.blob(got.sha256);
      await mkdir(dirname(final), { recursive: true });
      await rename(this.#path, final);
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw error;
    }
    this.#committed(got.sha256);
    return got;
  }

  /** Drops what was not committed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
    await rm(this.#path, { force: true });
  }

  async #close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#handle.close();
  }
}

function known({ size, sha256 }: Expectation): Partial<Extent> {
  return { ...(size === undefined ? {} : { size }), ...(sha256 === undefined ? {} : { sha256 }) };
}

/**
 * A small signed Debian repository on 127.0.0.1, made when a test runs: throw-away keys, InRelease,
 * Release and Release.gpg, Packages and Sources (plain and gz, by-hash), a pool of real .deb files.
 *
 * ```ts
 * await using mirror = await startMiniMirror({
 *   suites: [{ suite: 'trixie', packages: [{ name: 'hello', depends: 'libhello' }, { name: 'libhello' }] }],
 * });
 * mirror.repository            // a repository for a recipe, with the mirror's address and key
 * mirror.keyring               // the mirror's key, pinned
 * mirror.fault(poolPath({ name: 'hello' }), { kind: 'status', status: 404 });
 * await mirror.publish([{ suite: 'trixie', packages: [{ name: 'hello', version: '1.1-1' }] }]);
 * mirror.content.get('dists/trixie/InRelease');
 * await mirror.writeTo(directory);     // the same files, for file:// mirrors
 * ```
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { RepositorySpec } from '../../builder/lock/ports.ts';
import type { Keyring } from '../../builder/verify/keyring.ts';
import { mirrorContent, type MirrorSuite } from './mirror-content.ts';
import { MirrorServer, type Fault, type ServedRequest } from './mirror-server.ts';
import { keyringOf, makeTestKey, type TestKey } from './test-keys.ts';

export { poolPath, type MirrorPackage, type MirrorSource, type MirrorSuite } from './mirror-content.ts';
export type { Fault, ServedRequest } from './mirror-server.ts';

export interface MiniMirrorOptions {
  readonly suites: readonly MirrorSuite[];
  /** Default: a fresh key. */
  readonly key?: TestKey;
  /** The repository's name in recipes; default `debian`. */
  readonly name?: string;
}

export class MiniMirror implements AsyncDisposable {
  readonly key: TestKey;
  readonly keyring: Keyring;
  /** Every file by its path below the repository. A test may change it. */
  content: Map<string, Buffer>;
  readonly #server: MirrorServer;
  readonly #name: string;
  #suites: readonly MirrorSuite[];

  constructor(
    key: TestKey,
    keyring: Keyring,
    name: string,
    suites: readonly MirrorSuite[],
    content: Map<string, Buffer>,
  ) {
    this.key = key;
    this.keyring = keyring;
    this.#name = name;
    this.#suites = suites;
    this.content = content;
    this.#server = new MirrorServer(() => this.content);
  }

  get server(): MirrorServer {
    return this.#server;
  }

  get url(): string {
    return this.#server.url;
  }

  /** For a recipe: this mirror is the public default, this key may sign. */
  get repository(): RepositorySpec {
    return {
      name: this.#name,
      suites: this.#suites.map(({ suite }) => suite),
      components: [...new Set(this.#suites.map(({ component }) => component ?? 'main'))],
      mirrors: [this.url],
      keys: [this.key.fingerprint],
    };
  }

  /** Requests so far, in order. */
  get requests(): readonly ServedRequest[] {
    return this.#server.requests;
  }

  /** The next `times` requests (default: all) for `path` go wrong. */
  fault(path: string | RegExp, fault: Fault, times?: number): void {
    this.#server.fault(path, fault, times);
  }

  clearFaults(): void {
    this.#server.clearFaults();
  }

  /** Moves on to another state, signed anew. Files of older states stay in the pool unless replaced. */
  async publish(suites: readonly MirrorSuite[]): Promise<void> {
    this.#suites = suites;
    this.content = new Map([...this.content, ...(await mirrorContent(suites, this.key))]);
  }

  /** Writes all files below `directory`. */
  async writeTo(directory: string): Promise<void> {
    for (const [path, bytes] of this.content) {
      const target = join(directory, path);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, bytes);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }
}

/** Makes the repository and serves it. */
export async function startMiniMirror(options: MiniMirrorOptions): Promise<MiniMirror> {
  const key = options.key ?? (await makeTestKey({ name: 'Mini Archive' }));
  const content = await mirrorContent(options.suites, key);
  const mirror = new MiniMirror(
    key,
    await keyringOf([key]),
    options.name ?? 'debian',
    options.suites,
    content,
  );
  await mirror.server.start();
  return mirror;
}

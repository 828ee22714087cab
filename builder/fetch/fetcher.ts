/**
 * Gets Release files, indexes and pool files from mirrors into the store, verified.
 *
 * ```ts
 * const fetcher = new Fetcher({ store, keyring, mirrors, clock, sink, signal });
 * const release = await fetcher.fetchRelease(repository, 'trixie', { notBefore: locked?.date });
 * const indexes = await fetcher.fetchIndexes(release, ['amd64']);           // VerifiedIndex[]
 * const packages = parsePackagesIndex(await fetcher.openIndex(indexes[0]));
 * await fetcher.fetchFiles(files);                                          // all or one error
 * ```
 *
 * One Fetcher shares its download slots (default 8) and its knowledge of unreachable mirrors between
 * all recipes of a run.
 */
import type { Sha256 } from '../../core/digest.ts';
import type { EventSink } from '../../core/events.ts';
import type { Clock } from '../../core/ports.ts';
import type { RetryPolicy } from '../../edge/http-retry.ts';
import type { RepositorySpec, SourceCandidate, VerifiedIndex } from '../lock/ports.ts';
import type { UpstreamSpec } from '../lock/upstream-schema.ts';
import type { Store } from '../store/store.ts';
import type { Keyring } from '../verify/keyring.ts';
import { fetchFiles, type Failed, type WantedFile } from './files.ts';
import { fetchIndexes, openIndex, type IndexedRelease } from './indexes.ts';
import { MirrorHealth } from './mirror-health.ts';
import type { MirrorSettings } from './mirrors.ts';
import { Pool } from './pool.ts';
import { probeSource } from './probe.ts';
import { fetchRepository, type FetchedRepository, type RpmRepositorySpec } from './repomd.ts';
import { fetchRelease, type FetchedRelease, type FetchReleaseOptions } from './releases.ts';
import { fetchUpstream, type FetchedUpstream } from './upstream.ts';

export interface FetchContext {
  readonly store: Store;
  /** Asked for when a signature is to be checked: most runs fetch nothing. */
  readonly keyring: () => Promise<Keyring>;
  readonly mirrors: MirrorSettings;
  readonly clock: Clock;
  readonly sink: EventSink;
  readonly signal?: AbortSignal | undefined;
  /** Downloads at a time; default 8. */
  readonly downloads?: number;
  /** Touch no network: what is missing is an error. */
  readonly offline?: boolean;
  readonly retry?: Partial<RetryPolicy>;
}

/** What the parts of a Fetcher share. */
export interface FetchState extends FetchContext {
  readonly pool: Pool;
  readonly health: MirrorHealth;
  /** Downloads under way, so that two recipes fetch a file once. */
  readonly running: Map<Sha256, Promise<Failed | undefined>>;
}

export class Fetcher {
  readonly #state: FetchState;

  constructor(context: FetchContext) {
    this.#state = {
      ...context,
      pool: new Pool(context.downloads ?? 8),
      health: new MirrorHealth(),
      running: new Map(),
    };
  }

  /** A suite's Release file from the first mirror that serves a good one. See `releases.ts`. */
  fetchRelease(
    repository: RepositorySpec,
    suite: string,
    options?: FetchReleaseOptions,
  ): Promise<FetchedRelease> {
    return fetchRelease(this.#state, repository, suite, options);
  }

  /** The metadata of an RPM repository. See `repomd.ts`. */
  fetchRepository(repository: RpmRepositorySpec, notBefore?: number): Promise<FetchedRepository> {
    return fetchRepository(this.#state, repository, notBefore);
  }

  /** A source that upstream signed. See `upstream.ts`. */
  fetchUpstream(spec: UpstreamSpec): Promise<FetchedUpstream> {
    return fetchUpstream(this.#state, spec);
  }

  /** The Packages (and Sources) indexes of a Release, in the store. See `indexes.ts`. */
  fetchIndexes(
    release: IndexedRelease,
    architectures: readonly string[],
    options?: { readonly sources?: boolean },
  ): Promise<VerifiedIndex[]> {
    return fetchIndexes(this.#state, release, architectures, options);
  }

  /** The decompressed bytes of an index. */
  openIndex(index: VerifiedIndex): Promise<Buffer> {
    return openIndex(this.#state.store, index);
  }

  /** Brings files of the pool into the store, or names all that are missing. See `files.ts`. */
  fetchFiles(files: readonly WantedFile[], parent?: string): Promise<void> {
    return fetchFiles(this.#state, files, parent);
  }

  /** The files of a source package that neither the store nor any mirror has. */
  probeSource(repository: RepositorySpec, candidate: SourceCandidate): Promise<string[]> {
    return probeSource(this.#state, repository, candidate);
  }
}

/**
 * What locking needs of a recipe and of the world, as small interfaces: recipes of `builder/recipe` and
 * the `Fetcher` of `builder/fetch` fit them as they are; tests bring their own.
 */
import type { Sha256 } from '../../core/digest.ts';
import type { SourcePackage } from '../formats/sources-index.ts';
import type { Extent } from '../verify/hash-chain.ts';
import type { LockedSource } from './schema.ts';
import type { VerifiedRelease } from '../verify/release-chain.ts';

/** One repository of a recipe. */
export interface RepositorySpec {
  /** Used by `--mirror NAME=URL` and `QUBEFORGE_MIRROR_NAME`. */
  readonly name: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** Public defaults. */
  readonly mirrors: readonly string[];
  /** Base of an archive that keeps old files below `YYYYMMDDTHHMMSSZ/`. */
  readonly snapshot?: string | undefined;
  /** Primary fingerprints that may sign. */
  readonly keys: readonly string[];
}

/** The part of a recipe that a lock depends on, with the digest of all that it depends on. */
export interface LockableRecipe {
  readonly name: string;
  readonly architecture: string;
  readonly repositories: readonly RepositorySpec[];
  readonly digest: Sha256;
}

/** What signed or vouching files are called in a repository, or kept as. */
export type EvidenceName =
  'InRelease' | 'Release' | 'Release.gpg' | 'repomd.xml' | 'tarball.sig' | 'git-tag' | 'git-commit';

/** Bytes that prove a Release, as they are archived with a lock. */
export interface Evidence {
  readonly name: EvidenceName;
  readonly sha256: Sha256;
  readonly bytes: Buffer;
}

/** A verified Release with what proves it. */
export interface ProvenRelease extends VerifiedRelease {
  readonly repository: RepositorySpec;
  /** As the recipe names it. */
  readonly suite: string;
  /** `InRelease`, or `Release` with its detached signature in `signature`. */
  readonly evidence: Evidence;
  readonly signature?: Evidence;
}

/** An index in the store that a signed Release vouches for. */
export interface VerifiedIndex {
  readonly kind: 'packages' | 'sources';
  readonly repository: string;
  readonly suite: string;
  readonly component: string;
  /** `source` for Sources. */
  readonly architecture: string;
  /** Path below the suite's directory, with the suffix of the compression. */
  readonly path: string;
  readonly size: number;
  readonly sha256: Sha256;
  /** The decompressed form, where the Release lists it too. */
  readonly plain?: Extent;
}

/** Where signed indexes come from: a `Fetcher`. */
export interface IndexSource {
  fetchRelease(
    repository: RepositorySpec,
    suite: string,
    options: { readonly notBefore?: Date | undefined },
  ): Promise<ProvenRelease>;
  fetchIndexes(
    release: ProvenRelease,
    architectures: readonly string[],
    options: { readonly sources: boolean },
  ): Promise<VerifiedIndex[]>;
  openIndex(index: VerifiedIndex): Promise<Buffer>;
}

/** Names one binary package exactly. */
export interface PackageName {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
}

export interface ResolveRequest {
  readonly recipe: LockableRecipe;
  /** The Packages indexes, in the order of the recipe's repositories and suites. */
  readonly indexes: readonly VerifiedIndex[];
  /** The Release files that vouch for them: apt takes priorities of suites from these. */
  readonly releases: readonly Pick<ProvenRelease, 'repository' | 'suite' | 'evidence'>[];
  /** The decompressed bytes of one of them. */
  readonly open: (index: VerifiedIndex) => Promise<Buffer>;
  /** The source packages that were locked before, for those who choose binaries of the same version. */
  readonly sources: readonly LockedSource[];
}

/** Chooses packages: every one that gets installed, in the order of installation. */
export type Resolver = (request: ResolveRequest) => Promise<readonly PackageName[]>;

/** A source package to lock; the newest complete version unless one is named. */
export interface WantedSource {
  readonly name: string;
  readonly version?: string;
  /** When no version is complete: a warning instead of a failure. */
  readonly optional?: boolean;
}

/** A version of a source package, and the index that lists it. */
export interface SourceCandidate {
  readonly source: SourcePackage;
  readonly index: VerifiedIndex;
}

/** Says which files (paths below the repository) of a source no mirror has. */
export type SourceProbe = (candidate: SourceCandidate) => Promise<readonly string[]>;

/** Keeps the signed Release files beside the locks. */
export interface EvidenceArchive {
  get(name: EvidenceName, digest: Sha256): Promise<Buffer | undefined>;
  put(evidence: Evidence): Promise<void>;
}

/**
 * What locking needs of a recipe and of the world, as small interfaces: recipes of `builder/recipe`
 * fit them as they are, tests bring their own.
 */
import type { Sha256 } from '../../core/digest.ts';

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

import { EvidenceDirectory } from '../../builder/store/evidence.ts';
import { packagesIn } from '../../builder/formats/packages-index.ts';
import { sha256 } from '../../core/digest.ts';
import { makeLock, type LockRequest, type MadeLock } from '../../builder/lock/make-lock.ts';
import type { LockableRecipe, PackageName, Resolver } from '../../builder/lock/ports.ts';
import type { Fetcher } from '../../builder/fetch/fetcher.ts';
import type { MiniMirror } from './mini-mirror.ts';

/** A recipe over one mirror. */
export function recipeOf(mirror: MiniMirror, text = 'recipe'): LockableRecipe {
  return { name: 'mini', architecture: 'amd64', repositories: [mirror.repository], digest: sha256(text) };
}

/** Chooses every package of every index, in the order of the index. */
export const everything: Resolver = async ({ indexes, open }) => {
  const names: PackageName[] = [];
  for (const index of indexes) names.push(...packagesIn(await open(index)));
  return names;
};

/** Locks everything that a mirror has; the evidence goes to `directory`. */
export function lockMirror(
  fetcher: Fetcher,
  mirror: MiniMirror,
  directory: string,
  more: Partial<LockRequest> = {},
): Promise<MadeLock> {
  return makeLock({
    recipe: recipeOf(mirror),
    source: fetcher,
    resolver: everything,
    archive: new EvidenceDirectory(directory),
    ...more,
  });
}

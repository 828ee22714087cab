import type { Sha256 } from '../../../core/digest.ts';
import { AppError } from '../../../core/errors.ts';
import type { WantedFile } from '../../fetch/files.ts';
import type { Node } from '../../graph/node.ts';
import type { AnyLock } from '../../lock/schema.ts';
import type { OwnPackage } from '../../recipe/own-package/load.ts';
import type { Manifest } from '../../report/manifest.ts';
import type { OwnFormat } from '../../stages/own-package/options.ts';
import type { BuildPorts } from '../../stages/ports.ts';
import { debian } from './debian.ts';
import {
  keepOverlays,
  type Family,
  type FamilyName,
  type Locked,
  type RootfsParts,
  type Solver,
} from './family.ts';
import { fedora } from './fedora.ts';
import type { LoadedBuildable } from './locks.ts';
import type { LockedRecipe } from './plan.ts';
import type { LockProof } from './prove.ts';
import type { Session } from './session.ts';

/** Every family of distributions. A new one is one file and one line here. */
const FAMILIES: { readonly [F in FamilyName]: Family<F> } = { debian, fedora };

/** Calls `use` with the family of a recipe, its recipe and its lock, the three of one kind. */
function ofFamily<T>(
  { loaded, lock }: { readonly loaded: LoadedBuildable; readonly lock: AnyLock | undefined },
  use: <F extends FamilyName>(
    family: Family<F>,
    loaded: Locked<F>['loaded'],
    lock: Locked<F>['lock'] | undefined,
  ) => T,
): T {
  const { recipe } = loaded;
  if (recipe.family === 'debian' && lock?.family !== 'fedora') {
    return use(FAMILIES.debian, { ...loaded, recipe }, lock);
  }
  if (recipe.family === 'fedora' && lock?.family !== 'debian') {
    return use(FAMILIES.fedora, { ...loaded, recipe }, lock);
  }
  throw otherFamily(recipe.name, recipe.family, lock?.family);
}

function locked<T>(
  recipe: LockedRecipe,
  use: <F extends FamilyName>(family: Family<F>, locked: Locked<F>) => T,
): T {
  return ofFamily(recipe, (family, loaded, lock) => {
    if (lock === undefined) throw otherFamily(loaded.recipe.name, loaded.recipe.family, undefined);
    return use(family, { loaded, lock });
  });
}

/** Resolves a recipe by its family's own solver. A lock of another family is no predecessor. */
export function resolveRecipe(
  session: Session,
  loaded: LoadedBuildable,
  previous: AnyLock | undefined,
  solver: Solver,
): Promise<{ readonly lock: AnyLock; readonly warnings: readonly string[] }> {
  const lock = previous?.family === loaded.recipe.family ? previous : undefined;
  return ofFamily<Promise<{ readonly lock: AnyLock; readonly warnings: readonly string[] }>>(
    { loaded, lock },
    (family, own, before) => family.resolve(session, own, before, solver),
  );
}

/** SOURCE_DATE_EPOCH of a locked recipe, in seconds since 1970. */
export function epochOf(recipe: LockedRecipe): number {
  return locked(recipe, (family, { lock }) => family.epochOf(lock));
}

/** What has to be in the store before the nodes of a lock can run. */
export function wantedFiles(recipe: LockedRecipe): WantedFile[] {
  return locked(recipe, (family, own) => family.wantedFiles(own));
}

/** Proves a lock again, from its evidence and the store. */
export function proveRecipe(session: Session, recipe: LockedRecipe, offline: boolean): Promise<LockProof> {
  return locked(recipe, (family, own) => family.prove(session, own, offline));
}

/** The states of repositories that a lock was made from. */
export function originsOf(recipe: LockedRecipe): Manifest['origins'] {
  return locked(recipe, (family, { lock }) => family.originsOf(lock));
}

/** Metadata that stays in the store as long as the lock is there. */
export function metadataOf(recipe: LockedRecipe): readonly Sha256[] {
  return locked(recipe, (family, { lock }) => family.metadataOf(lock));
}

/** What a package of ours says in the words of a recipe's family. Recipes are checked to name only such packages. */
export function ownFormat(recipe: LockedRecipe, { definition, file }: OwnPackage): OwnFormat {
  const format = locked(recipe, (family) => family.ownFormat(definition));
  if (format !== undefined) return format;
  const what = 'a package of ours is not made for the family of the recipe';
  throw new AppError({ kind: 'bug', code: 'own-package.family', what, where: file });
}

/** The node of a recipe's root file system. */
export async function rootfsNode(
  session: Session,
  recipe: LockedRecipe,
  { own, toolbox }: Omit<RootfsParts, 'files'>,
): Promise<Node<BuildPorts>> {
  const files = await keepOverlays(session, recipe.loaded);
  return locked(recipe, (family, one) => family.rootfsNode(one, { files, own, toolbox }));
}

function otherFamily(recipe: string, expected: string, got: string | undefined): AppError {
  return new AppError({
    kind: 'verification',
    code: 'lock.family',
    what: 'the lock is of another family of distributions than its recipe',
    where: recipe,
    expected,
    got: got ?? 'no lock',
    next: `qubeforge lock ${recipe} --update`,
  });
}

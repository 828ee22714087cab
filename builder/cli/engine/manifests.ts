import { join } from 'node:path';
import { digestOf } from '../../../core/digest.ts';
import { resultOf, type Results } from '../../graph/execute.ts';
import { allNodes } from '../../graph/plan.ts';
import type { AnyLock } from '../../lock/schema.ts';
import type { Manifest } from '../../report/manifest.ts';
import { lockPath } from './locks.ts';
import { epochOf, metadataOf, originsOf } from './families.ts';
import { ownEntriesIn } from './own-packages.ts';
import type { LockedRecipe, Product } from './plan.ts';
import type { Session } from './session.ts';

/** The ending of a manifest's file name. */
export const MANIFEST_ENDING = '.manifest.json';

/** What the manifests of a build are made from. */
export interface Built {
  readonly recipes: ReadonlyMap<string, LockedRecipe>;
  readonly products: readonly Product[];
  readonly results: Results;
  /** Outputs asked for instead of the recipes' own: their manifest gets a name of its own. */
  readonly outputs: readonly string[] | undefined;
}

/** The manifest of each recipe that has products, with its file name. */
export function manifestsOf(
  built: Built,
): { readonly file: string; readonly manifest: Manifest; readonly locked: LockedRecipe }[] {
  return [...built.recipes].flatMap(([name, locked]) => {
    const products = built.products.filter(({ node }) => node.recipe === name);
    if (products.length === 0) return [];
    const file = [name, ...(built.outputs ?? [])].join('.') + MANIFEST_ENDING;
    return [{ file, manifest: manifestOf(locked, products, built), locked }];
  });
}

/** Keeps what the products of recipes stand on from `gc`, as long as their manifests are there. */
export async function keepBuilt(session: Session, directory: string, built: Built): Promise<void> {
  for (const { file, manifest, locked } of manifestsOf(built)) {
    const path = join(directory, file);
    await session.store.setRoot({ path, blobs: [], stages: manifest.stages.map(({ id }) => id) });
    await keepLocked(session, locked);
  }
}

function manifestOf(
  locked: LockedRecipe,
  products: readonly Product[],
  { recipes, results }: Built,
): Manifest {
  const { loaded, lock } = locked;
  const nodes = allNodes(products.map(({ node }) => node));
  const parts = [...new Set([loaded.recipe.name, ...nodes.map(({ recipe }) => recipe)])];
  return {
    version: 1,
    recipe: lock.recipe,
    family: lock.family,
    architecture: lock.architecture,
    epoch: epochOf(locked),
    locks: parts.flatMap((recipe) => {
      const part = recipes.get(recipe);
      return part === undefined ? [] : [{ recipe, digest: digestOf(part.lock) }];
    }),
    origins: originsOf(locked),
    packages: packagesOf(lock),
    own: ownEntriesIn(nodes, loaded.recipe.name),
    outputs: products.flatMap(({ node, output, file }) => {
      const blob = resultOf(results, node)[output];
      return blob === undefined
        ? []
        : [{ file, output, node: node.id, size: blob.size, sha256: blob.sha256 }];
    }),
    stages: nodes.map(({ id, recipe, title, definition: { stage, version } }) => {
      return { id, recipe, stage, version, title };
    }),
  };
}

/** The packages of a lock as a manifest lists them. */
export function packagesOf(lock: AnyLock): Manifest['packages'] {
  return lock.packages.map(({ name, version, architecture, size, sha256 }) => {
    return { name, version, architecture, size, sha256 };
  });
}

/** Packages and indexes of a lock stay in the store as long as the lock is there. */
async function keepLocked(session: Session, locked: LockedRecipe): Promise<void> {
  const { loaded, lock } = locked;
  await session.store.setRoot({
    path: lockPath(session, loaded.recipe.name),
    blobs: [...lock.packages.map(({ sha256 }) => sha256), ...metadataOf(locked)],
    stages: [],
  });
}

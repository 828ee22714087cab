import { AppError } from '../../../core/errors.ts';
import { sourcePackageOf, upstreamOf } from '../../recipe/source.ts';
import type { BuildableRecipe } from '../../recipe/schema.ts';
import type { SourcePin } from '../../resolve/apt-simulation.ts';
import type { LoadedBuildable } from './locks.ts';
import type { LockedRecipe } from './plan.ts';

/** Names of the recipes that a recipe is built with: toolboxes, and what a medium carries. */
export function needsOf({ recipe, ownPackages }: LoadedBuildable): string[] {
  if (recipe.kind === 'toolbox') return [];
  const compiles = ownPackages.some(({ definition: { build } }) => build !== undefined);
  const compiler = compiles && 'compiler-toolbox' in recipe ? [recipe['compiler-toolbox']] : [];
  const medium = recipe.kind === 'iso' ? [recipe['image-toolbox'], recipe.xen, ...recipe.templates] : [];
  return [recipe.toolbox, ...compiler, ...medium];
}

/** A recipe that was locked before. Throws an `AppError` of kind `bug` when it was not. */
export function lockedNeed(recipes: ReadonlyMap<string, LockedRecipe>, name: string): LockedRecipe {
  const locked = recipes.get(name);
  if (locked !== undefined) return locked;
  throw new AppError({
    kind: 'bug',
    code: 'plan.not-locked',
    what: 'a recipe that another one needs was not locked',
    where: name,
  });
}

/** Versions that a recipe has to take although newer ones are listed: dom0's toolstack is that of its hypervisor. */
export function pinsOf(recipe: BuildableRecipe, recipes: ReadonlyMap<string, LockedRecipe>): SourcePin[] {
  if (recipe.kind !== 'iso') return [];
  const { loaded, lock } = lockedNeed(recipes, recipe.xen);
  const [binary] = lock.packages;
  if (upstreamOf(loaded.recipe) !== undefined) throw notPackaged(recipe.name, loaded.recipe.name);
  const source = sourcePackageOf(loaded.recipe);
  if (source === undefined || binary === undefined) return [];
  return [{ source, version: binary.version, marker: binary.name }];
}

function notPackaged(medium: string, xen: string): AppError {
  return new AppError({
    kind: 'recipe',
    code: 'iso.xen-upstream',
    what: 'a medium cannot carry a hypervisor of upstream: the installed dom0 has that of its package',
    where: medium,
    expected: 'a recipe of kind xen whose source is a package of the distribution',
    got: xen,
    next: 'build it beside the medium: qubeforge build ' + xen,
  });
}

/** Why a lock does not keep to its pins; undefined when it does. */
export function brokenPin({ loaded, lock }: LockedRecipe, pins: readonly SourcePin[]): AppError | undefined {
  for (const { marker, version } of pins) {
    const locked = lock.packages.find(({ name }) => name === marker);
    if (locked === undefined || locked.version === version) continue;
    return new AppError({
      kind: 'recipe',
      code: 'lock.xen-version',
      what: 'the lock has another version of Xen than the hypervisor that goes with it',
      where: loaded.recipe.name,
      expected: `${marker} ${version}`,
      got: `${marker} ${locked.version}`,
      next: `qubeforge lock ${loaded.recipe.name} --update`,
    });
  }
  return undefined;
}

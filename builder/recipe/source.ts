import type { Recipe, RecipeOf } from './schema.ts';

export type UpstreamSource = Exclude<RecipeOf<'xen'>['source'], string>;

/** What upstream signed, where a recipe is compiled from that. */
export function upstreamOf(recipe: Recipe): UpstreamSource | undefined {
  return recipe.kind === 'xen' && typeof recipe.source !== 'string' ? recipe.source : undefined;
}

/** The source package of the distribution, where a recipe is compiled from one. */
export function sourcePackageOf(recipe: Recipe): string | undefined {
  return recipe.kind === 'xen' && typeof recipe.source === 'string' ? recipe.source : undefined;
}

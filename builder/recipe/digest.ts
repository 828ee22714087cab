import { digestOf, type Sha256 } from '../../core/digest.ts';
import type { Recipe } from './schema.ts';

/** Digest of one overlay file, by where it goes. */
export interface OverlayDigest {
  readonly target: string;
  readonly sha256: Sha256;
}

/**
 * The digest that a lock carries of the recipe it was made from: the merged recipe with its defaults and
 * the bytes of its overlay files. Texts for people, and addresses of mirrors, which are never trusted and
 * change nothing in the result, are left out.
 */
export function recipeDigest(recipe: Recipe, overlays: readonly OverlayDigest[]): Sha256 {
  const options = Object.fromEntries(
    Object.entries(recipe.options).map(([name, option]) => [name, { ...option, description: undefined }]),
  );
  const repositories = recipe.repositories.map((repository) => ({
    ...repository,
    mirrors: undefined,
    metalink: undefined,
    snapshot: undefined,
  }));
  return digestOf({
    recipe: { ...recipe, description: undefined, extends: undefined, repositories, options },
    overlays: overlays.map(({ target, sha256 }) => ({ target, sha256 })),
  });
}

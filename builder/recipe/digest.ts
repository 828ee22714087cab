import { digestOf, type Sha256 } from '../../core/digest.ts';
import type { OwnPackageDefinition } from './own-package/definition.ts';
import type { OwnPackage } from './own-package/load.ts';
import type { Recipe } from './schema.ts';

/** Digest of one overlay file, by where it goes. */
export interface OverlayDigest {
  readonly target: string;
  readonly sha256: Sha256;
}

/**
 * The digest that a lock carries of the recipe it was made from: the merged recipe with its defaults and
 * the bytes of its overlay files. Texts for people, and addresses of mirrors, which are never trusted and
 * change nothing in the result, are left out. Of our own packages it covers what they depend on, which decides
 * what is locked, and not their sources: those are part of the builder, as its code is.
 */
export function recipeDigest(
  recipe: Recipe,
  overlays: readonly OverlayDigest[],
  own: readonly Pick<OwnPackage, 'definition'>[] = [],
): Sha256 {
  const options = Object.fromEntries(
    Object.entries(recipe.options).map(([name, option]) => [name, { ...option, description: undefined }]),
  );
  const repositories = recipe.repositories.map((repository) => ({
    ...repository,
    mirrors: undefined,
    metalink: undefined,
    snapshot: undefined,
  }));
  // A recipe without packages of ours has the digest that it had before there were any.
  const withoutOwn = { 'own-packages': undefined, 'compiler-toolbox': undefined };
  return digestOf({
    recipe: {
      ...{ ...recipe, description: undefined, extends: undefined, repositories, options },
      ...(own.length === 0 ? withoutOwn : {}),
    },
    overlays: overlays.map(({ target, sha256 }) => ({ target, sha256 })),
    own:
      own.length === 0
        ? undefined
        : own.map(({ definition }) => {
            const { name, architecture } = definition;
            return { name, architecture, ...dependencies[recipe.family](definition) };
          }),
  });
}

const dependencies = {
  debian: ({ debian }: OwnPackageDefinition) => ({ depends: debian?.depends }),
  fedora: ({ fedora }: OwnPackageDefinition) => ({ requires: fedora?.requires }),
};

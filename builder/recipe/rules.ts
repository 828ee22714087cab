import { keyPlaceOf, placeOf, type Finding, type Tree } from './tree.ts';
import type { Recipe } from './schema.ts';
import { upstreamOf } from './source.ts';

/** What a recipe is checked against besides its schema. */
export interface Surroundings {
  /** Kind of the recipe that `toolbox` names; undefined when there is none. */
  readonly toolboxKind: string | undefined;
  /** Fingerprints of keys/keys.yaml, in capitals; undefined leaves that check to the key ring. */
  readonly pinnedKeys?: ReadonlySet<string> | undefined;
}

type Path = readonly (string | number)[];

/** Rules that a schema cannot say: names that must be unique or must exist. */
export function applyRules(recipe: Recipe, tree: Tree, surroundings: Surroundings): Finding[] {
  return [
    ...duplicates(
      recipe.repositories.map(({ name }) => name),
      tree,
      ['repositories'],
      'name',
    ),
    ...duplicates(recipe.packages.install, tree, ['packages', 'install']),
    ...listDuplicates(recipe, tree),
    ...repositoryRules(recipe, tree),
    ...keyRules(recipe, tree, surroundings.pinnedKeys),
    ...toolboxRules(recipe, tree, surroundings.toolboxKind),
    ...imageRules(recipe, tree),
    ...ownPackageRules(recipe, tree),
    ...sourceRules(recipe, tree),
  ];
}

function listDuplicates(recipe: Recipe, tree: Tree): Finding[] {
  if (!('system' in recipe)) return [];
  const { users, enable, disable, mask } = recipe.system;
  const both = enable.filter((unit) => disable.includes(unit) || mask.includes(unit));
  return [
    ...duplicates(
      recipe.files.map(({ target }) => target),
      tree,
      ['files'],
      'target',
    ),
    ...duplicates(
      users.map(({ name }) => name),
      tree,
      ['system', 'users'],
      'name',
    ),
    ...duplicates(
      users.map(({ uid }) => String(uid)),
      tree,
      ['system', 'users'],
      'uid',
    ),
    ...both.map((unit) => ({
      place: placeOf(tree, ['system', 'enable', enable.indexOf(unit)]),
      message: `${unit} is enabled and disabled or masked`,
    })),
  ];
}

function duplicates(names: readonly string[], tree: Tree, path: Path, member?: string): Finding[] {
  const seen = new Set<string>();
  return names.flatMap((name, index) => {
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    const place = placeOf(tree, member === undefined ? [...path, index] : [...path, index, member]);
    return [{ place, message: `${path.join('.')} has ${name} twice` }];
  });
}

function repositoryRules(recipe: Recipe, tree: Tree): Finding[] {
  if (recipe.kind === 'base' || recipe.repositories.length > 0 || upstreamOf(recipe) !== undefined) return [];
  const message = 'repositories is empty: there is nowhere to take packages from';
  return [
    { place: keyPlaceOf(tree, [], 'repositories'), message, hint: 'extend a base recipe, like debian-13' },
  ];
}

function keyRules(recipe: Recipe, tree: Tree, pinned: ReadonlySet<string> | undefined): Finding[] {
  if (pinned === undefined) return [];
  const lists: { readonly keys: readonly string[]; readonly path: Path }[] = recipe.repositories.map(
    ({ keys }, repository) => ({ keys, path: ['repositories', repository, 'keys'] }),
  );
  const upstream = upstreamOf(recipe);
  if (upstream !== undefined) lists.push({ keys: upstream.keys, path: ['source', 'keys'] });
  return lists.flatMap(({ keys, path }) =>
    keys.flatMap((key, index) =>
      pinned.has(key)
        ? []
        : [
            {
              place: placeOf(tree, [...path, index]),
              message: `key ${key} is not pinned`,
              hint: 'see `qubeforge keys`; a key is pinned by adding it to keys/keys.yaml',
            },
          ],
    ),
  );
}

function sourceRules(recipe: Recipe, tree: Tree): Finding[] {
  if (recipe.kind !== 'xen') return [];
  const { install } = recipe.packages;
  if (upstreamOf(recipe) !== undefined && install.length > 0) {
    const message = 'packages.install: what upstream released is not compared with a package';
    return [{ place: placeOf(tree, ['packages', 'install']), message }];
  }
  if (upstreamOf(recipe) !== undefined || install.length === 1) return [];
  const message = 'packages.install has to name one package: the binary to compare with';
  return [{ place: placeOf(tree, ['packages']), message }];
}

function toolboxRules(recipe: Recipe, tree: Tree, kind: string | undefined): Finding[] {
  if (recipe.kind === 'base' || recipe.kind === 'toolbox' || kind === 'toolbox') return [];
  const message =
    kind === undefined
      ? `there is no recipe ${recipe.toolbox} to take tools from`
      : `${recipe.toolbox} is a recipe of kind ${kind}, not a toolbox`;
  return [{ place: placeOf(tree, ['toolbox']), message }];
}

const ROOT_MINIMUM = 64 * 1024 * 1024;

function imageRules(recipe: Recipe, tree: Tree): Finding[] {
  if (!('image' in recipe) || recipe.image.size >= ROOT_MINIMUM) return [];
  const message = 'image.size is below 64 MiB: no root file system fits';
  return [{ place: placeOf(tree, ['image', 'size']), message }];
}

function ownPackageRules(recipe: Recipe, tree: Tree): Finding[] {
  return 'own-packages' in recipe ? duplicates(recipe['own-packages'], tree, ['own-packages']) : [];
}

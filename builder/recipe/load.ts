import { AppError } from '../../core/errors.ts';
import { sha256, type Sha256 } from '../../core/digest.ts';
import { nearest } from '../../core/nearest.ts';
import { checkTree } from './check.ts';
import { recipeDigest } from './digest.ts';
import { mergeChain } from './merge.ts';
import {
  findOwnPackage,
  nearestOwnPackage,
  type OwnPackage,
  type OwnPackageSource,
} from './own-package/load.ts';
import { withOptions } from './options.ts';
import { applyRules } from './rules.ts';
import { recipeSchema, type BuildableRecipe, type OverlayFile, type Recipe } from './schema.ts';
import { childOf, parseTree, placeOf, type Finding, type Tree } from './tree.ts';

/** Where recipes come from. All methods give undefined for what is not there. */
export interface RecipeSource {
  /** The text of a recipe, and its path as the user shall see it. */
  read(name: string): Promise<{ readonly file: string; readonly text: string } | undefined>;
  /** Names of all recipes, sorted. */
  names(): Promise<readonly string[]>;
  /** The bytes of `source`, a path below the directory of `recipeFile`. */
  overlay(recipeFile: string, source: string): Promise<Uint8Array | undefined>;
  /** The packages of ours that recipes can install. */
  readonly packages: OwnPackageSource;
}

/** An overlay file of a recipe with its content. */
export interface LoadedOverlay extends OverlayFile {
  readonly sha256: Sha256;
  readonly bytes: Uint8Array;
}

/** A recipe that passed every check. */
export interface LoadedRecipe<R extends Recipe = Recipe> {
  /** With defaults filled in and enabled options worked in. */
  readonly recipe: R;
  /** What a lock of this recipe has to carry. */
  readonly digest: Sha256;
  readonly file: string;
  /** Names from the outermost ancestor to the recipe itself. */
  readonly chain: readonly string[];
  readonly overlays: readonly LoadedOverlay[];
  /** Files that only the live system of a medium has. */
  readonly liveOverlays: readonly LoadedOverlay[];
  /** Packages of ours that it installs, in the order of their names. */
  readonly ownPackages: readonly OwnPackage[];
}

export interface LoadOptions {
  /** Fingerprints that keys/keys.yaml pins, in capitals. */
  readonly pinnedKeys?: ReadonlySet<string>;
}

/** Reads, merges and checks a recipe. Throws an `AppError` of kind `recipe` that lists all findings. */
export async function loadRecipe(
  source: RecipeSource,
  name: string,
  options: LoadOptions = {},
): Promise<LoadedRecipe> {
  const chain = await readChain(source, name);
  const merged = mergeChain(chain.trees);
  const { value: recipe, findings } = checkTree(recipeSchema, merged);
  if (recipe === undefined) throw recipeError(name, findings);
  const toolboxKind = recipe.kind === 'toolbox' ? undefined : await kindOf(source, recipe.toolbox);
  const files = await readOverlays(source, 'files' in recipe ? recipe.files : [], merged, 'files');
  const live = await readOverlays(source, 'live' in recipe ? recipe.live : [], merged, 'live');
  const own = await readOwnPackages(source, recipe, merged);
  const wrong = [
    ...own.findings,
    ...applyRules(recipe, merged, { toolboxKind, pinnedKeys: options.pinnedKeys }),
    ...files.findings,
    ...live.findings,
  ];
  if (wrong.length > 0) throw recipeError(name, wrong);
  return {
    recipe: withOptions(recipe),
    digest: recipeDigest(recipe, [...files.overlays, ...live.overlays], own.packages),
    file: chain.file,
    chain: chain.names,
    overlays: files.overlays,
    liveOverlays: live.overlays,
    ownPackages: own.packages,
  };
}

/** As `loadRecipe`, and refuses recipes of kind `base`. */
export async function loadBuildable(
  source: RecipeSource,
  name: string,
  options: LoadOptions = {},
): Promise<LoadedRecipe<BuildableRecipe>> {
  const loaded = await loadRecipe(source, name, options);
  const { recipe } = loaded;
  if (recipe.kind !== 'base') return { ...loaded, recipe };
  throw new AppError({
    kind: 'recipe',
    code: 'recipe.base',
    what: `${name} is a base for other recipes and is not built itself`,
    where: loaded.file,
    next: `name a recipe that extends ${name}`,
  });
}

interface Chain {
  readonly file: string;
  readonly names: readonly string[];
  readonly trees: readonly [Tree, ...Tree[]];
}

async function readChain(source: RecipeSource, name: string): Promise<Chain> {
  const own = await readOne(source, name);
  let { tree } = own;
  const trees: [Tree, ...Tree[]] = [tree];
  const names = [name];
  for (;;) {
    const extended = childOf(tree, 'extends');
    if (extended?.type !== 'scalar' || typeof extended.value !== 'string') break;
    const parent = extended.value;
    if (names.includes(parent)) {
      const circle = [...names.toReversed(), parent].join(' → ');
      throw recipeError(name, [{ place: extended.place, message: `extends goes in a circle: ${circle}` }]);
    }
    ({ tree } = await readOne(source, parent, extended));
    trees.unshift(tree);
    names.unshift(parent);
  }
  return { file: own.file, names, trees };
}

async function readOne(
  source: RecipeSource,
  name: string,
  wantedBy?: Tree,
): Promise<{ file: string; tree: Tree }> {
  const found = await source.read(name);
  if (found === undefined) throw unknownRecipe(name, await source.names(), wantedBy);
  const { tree, findings } = parseTree(found.file, found.text);
  if (tree === undefined || findings.length > 0) throw recipeError(name, findings);
  const own: Finding[] = [];
  const written = childOf(tree, 'name');
  if (written?.type !== 'scalar' || written.value !== name) {
    const place = placeOf(tree, ['name']);
    own.push({ place, message: `the name of this recipe has to be that of its file: ${name}` });
  }
  if (childOf(tree, 'kind') === undefined) own.push({ place: tree.place, message: 'kind is missing' });
  if (own.length > 0) throw recipeError(name, own);
  return { file: found.file, tree };
}

async function kindOf(source: RecipeSource, name: string): Promise<string | undefined> {
  const found = await source.read(name);
  if (found === undefined) return undefined;
  const { tree } = parseTree(found.file, found.text);
  const kind = tree === undefined ? undefined : childOf(tree, 'kind');
  return kind?.type === 'scalar' && typeof kind.value === 'string' ? kind.value : 'unknown';
}

async function readOverlays(
  source: RecipeSource,
  files: readonly OverlayFile[],
  tree: Tree,
  key: 'files' | 'live',
): Promise<{ overlays: LoadedOverlay[]; findings: Finding[] }> {
  const overlays: LoadedOverlay[] = [];
  const findings: Finding[] = [];
  for (const [index, file] of files.entries()) {
    const place = placeOf(tree, [key, index, 'source']);
    const bytes = await source.overlay(place.file, file.source);
    if (bytes === undefined) findings.push({ place, message: `there is no file ${file.source}` });
    else overlays.push({ ...file, bytes, sha256: sha256(bytes) });
  }
  return { overlays, findings };
}

async function readOwnPackages(
  source: RecipeSource,
  recipe: Recipe,
  tree: Tree,
): Promise<{ packages: OwnPackage[]; findings: Finding[] }> {
  const packages: OwnPackage[] = [];
  const findings: Finding[] = [];
  for (const [index, name] of ('own-packages' in recipe ? recipe['own-packages'] : []).entries()) {
    const found = await findOwnPackage(source.packages, name);
    const place = placeOf(tree, ['own-packages', index]);
    if (found === undefined) {
      const hint = await nearestOwnPackage(source.packages, name);
      findings.push({ place, message: `there is no package ${name}`, hint });
    } else if (found.definition[recipe.family] === undefined) {
      const message = `${name} is not made for the ${recipe.family} family: ${found.file} has no part ${recipe.family}`;
      findings.push({ place, message });
    } else packages.push(found);
  }
  const byName = (a: OwnPackage, b: OwnPackage): number => (a.definition.name < b.definition.name ? -1 : 1);
  return { packages: packages.sort(byName), findings };
}

function unknownRecipe(name: string, known: readonly string[], wantedBy: Tree | undefined): AppError {
  const near = nearest(name, known);
  const place = wantedBy?.place;
  return new AppError({
    kind: 'recipe',
    code: 'recipe.unknown',
    what: `there is no recipe named ${name}`,
    where: place === undefined ? undefined : `${place.file}:${place.line}:${place.column}`,
    expected: `one of ${known.join(', ')}`,
    got: name,
    next: near === undefined ? undefined : `did you mean ${near}?`,
  });
}

/** All findings about a recipe as one failure. */
export function recipeError(name: string, findings: readonly Finding[]): AppError {
  const lines = findings.toSorted(byPlace).map(({ place, message, hint }) => {
    const remedy = hint === undefined ? '' : ` (${hint})`;
    return `${place.file}:${place.line}:${place.column}: ${message}${remedy}`;
  });
  return new AppError({
    kind: 'recipe',
    code: 'recipe.invalid',
    what: `recipe ${name} has ${findings.length === 1 ? 'a mistake' : `${findings.length} mistakes`}`,
    where: lines.join('\n'),
    next: 'mend these places; `qubeforge schema recipe` prints what a recipe may say',
  });
}

function byPlace({ place: a }: Finding, { place: b }: Finding): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}

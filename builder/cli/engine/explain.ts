import { availableParallelism } from 'node:os';
import { AppError } from '../../../core/errors.ts';
import { nearest } from '../../../core/nearest.ts';
import { packagesIn, type BinaryPackage } from '../../formats/packages-index.ts';
import { openIndex } from '../../fetch/indexes.ts';
import { explainNodes, explanationText } from '../../graph/explain.ts';
import { mediumParts, mediumPartsText } from '../../report/medium-parts.ts';
import { whyPackage, whyText } from '../../resolve/why.ts';
import { installedPackage } from '../../stages/debian/own-packages.ts';
import { findStored } from '../../stages/debian/packages.ts';
import type { ExplainRequest } from '../commands/explain.ts';
import type { Context } from '../command.ts';
import { unknownWord } from '../unknown-word.ts';
import { lockRecipes, planProducts } from './build.ts';
import type { Locked } from './family.ts';
import type { LockedRecipe, Product } from './plan.ts';
import { describeOwn } from './own-packages.ts';
import { fetchIndexes } from './prove.ts';
import { openSession, type Session } from './session.ts';

/** Says of each stage of a recipe whether it would run and why, or why a package is in. */
export async function explain(context: Context, request: ExplainRequest): Promise<void> {
  const { recipe, stage, package: name } = request;
  const jobs = availableParallelism();
  if (name !== undefined) {
    await using session = await openSession(context, { jobs, offline: false });
    await explainPackage(session, recipe, name);
    return;
  }
  await using session = await openSession(context, { jobs, offline: true, lookOnly: true });
  const recipes = await lockRecipes(session, [recipe], () => 'fail');
  const products = await planProducts(session, recipes, { recipes: [recipe], outputs: undefined });
  const all = await explainNodes(
    products.map(({ node }) => node),
    session.cache,
  );
  const value = stage === undefined ? all : all.filter((one) => one.stage === stage);
  if (stage !== undefined && value.length === 0) {
    const stages = [...new Set(all.map((one) => one.stage))];
    throw unknownWord('stage', stage, stages, `qubeforge explain ${recipe}`);
  }
  context.sink({ type: 'result', name: 'explain', value, text: explanationText(value) });
  if (stage === undefined) await explainMedium(session, products);
}

/** Where the bytes of a medium go, once there is one. */
async function explainMedium({ cache, context }: Session, products: readonly Product[]): Promise<void> {
  for (const { node, output, file } of products) {
    const { medium } = node.inputs;
    if (output !== 'iso' || medium === undefined) continue;
    const [made, tree] = await Promise.all([cache.lookup(node.id), cache.lookup(medium.id)]);
    const iso = made?.outputs[output];
    if (iso === undefined || tree === undefined) continue;
    const value = mediumParts(file, iso.size, tree.outputs);
    context.sink({ type: 'result', name: 'medium', value, text: mediumPartsText(value) });
  }
}

async function explainPackage(session: Session, name: string, wanted: string): Promise<void> {
  const recipes = await lockRecipes(session, [name], () => 'fail');
  const locked = recipes.get(name);
  if (locked === undefined) return;
  if (!isDebian(locked)) throw onlyDebian(name);
  const upstream = (await storedControls(session, locked)) ?? (await listedControls(session, locked));
  const packages = [...upstream, ...(await ownControls(session, locked))];
  const { recipe } = locked.loaded;
  const why = whyPackage(wanted, {
    packages,
    architecture: recipe.architecture,
    roots: rootsOf(locked, packages),
    recommends: recipe.packages.recommends,
  });
  if (why === undefined) throw notIn(name, wanted, packages);
  session.context.sink({ type: 'result', name: 'explain', value: why, text: whyText(name, why) });
}

/** What packages say of themselves, from the store; undefined when one of them was never opened here. */
async function storedControls(
  { ports }: Session,
  { lock }: Locked<'debian'>,
): Promise<BinaryPackage[] | undefined> {
  const found: BinaryPackage[] = [];
  for (const locked of lock.packages) {
    const stored = await findStored(ports, locked);
    if (stored === undefined) return undefined;
    const { path: filename, size, sha256 } = locked;
    found.push({ ...installedPackage(stored.facts), filename, size, sha256 });
  }
  return found;
}

/** The same from the signed indexes, which are fetched where need be. */
async function listedControls(session: Session, locked: Locked<'debian'>): Promise<BinaryPackage[]> {
  await fetchIndexes(session, locked);
  const hashes = new Set(locked.lock.packages.map(({ sha256 }) => sha256));
  const found = new Map<string, BinaryPackage>();
  for (const { repository, suite, indexes } of locked.lock.releases) {
    for (const index of indexes.filter(({ kind }) => kind === 'packages')) {
      const bytes = await openIndex(session.store, { ...index, repository, suite });
      for (const entry of packagesIn(bytes, index.path))
        if (hashes.has(entry.sha256)) found.set(entry.name, entry);
    }
  }
  return [...found.values()];
}

/** Packages of ours, which no index lists. */
async function ownControls(session: Session, locked: Locked<'debian'>): Promise<BinaryPackage[]> {
  return (await describeOwn(session, locked)).map(
    ({ own, entry: { name, version, architecture, source } }) => {
      const depends = own.definition.debian?.depends ?? [];
      const file = { filename: own.file, size: 0, sha256: source, essential: false };
      return { ...file, name, version, architecture, depends: depends.join(', ') };
    },
  );
}

function rootsOf({ loaded }: Locked<'debian'>, packages: readonly BinaryPackage[]): Map<string, string> {
  const { recipe } = loaded;
  const roots = new Map<string, string>();
  if (recipe.packages.variant === 'minbase') {
    roots.set('apt', 'variant minbase has apt');
    for (const { name, essential, priority } of packages) {
      if (priority === 'required') roots.set(name, 'variant minbase has Priority: required');
      if (essential) roots.set(name, 'variant minbase has Essential: yes');
    }
  }
  for (const { definition } of loaded.ownPackages)
    roots.set(definition.name, `own-packages of ${recipe.name}`);
  for (const name of recipe.packages.install) roots.set(name, `packages.install of ${recipe.name}`);
  return roots;
}

function isDebian(locked: LockedRecipe): locked is LockedRecipe & Locked<'debian'> {
  return locked.lock.family === 'debian' && locked.loaded.recipe.family === 'debian';
}

function onlyDebian(recipe: string): AppError {
  return new AppError({
    kind: 'usage',
    code: 'usage.family',
    what: 'why a package is in can be explained for recipes of the Debian family only',
    where: recipe,
    next: `qubeforge explain ${recipe}`,
  });
}

function notIn(recipe: string, wanted: string, packages: readonly BinaryPackage[]): AppError {
  const near = nearest(
    wanted,
    packages.map(({ name }) => name),
  );
  return new AppError({
    kind: 'usage',
    code: 'usage.package',
    what: `the package ${wanted} is not in ${recipe}`,
    expected: `one of the ${packages.length} packages of its lock`,
    got: wanted,
    next: near === undefined ? undefined : `did you mean qubeforge explain ${recipe} --package ${near}?`,
  });
}

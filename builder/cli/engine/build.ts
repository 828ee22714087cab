import { join } from 'node:path';
import type { Outputs } from '../../graph/stage.ts';
import { planBuild, type Plan } from '../../graph/plan.ts';
import { execute, resultOf, type Results } from '../../graph/execute.ts';
import type { Node } from '../../graph/node.ts';
import type { AnyLock } from '../../lock/schema.ts';
import { loadBuildable } from '../../recipe/load.ts';
import type { BuildPorts } from '../../stages/ports.ts';
import type { BuildRequest } from '../commands/build.ts';
import type { Context } from '../command.ts';
import { describeBuild } from './dry-run.ts';
import { logMoves, readLock, readLockOrWarn, staleness, updateLock, type LoadedBuildable } from './locks.ts';
import { keepBuilt } from './manifests.ts';
import { brokenPin, lockedNeed, needsOf, pinsOf } from './needs.ts';
import { placeProducts } from './products.ts';
import { wantedFiles } from './families.ts';
import { placeReports, reportsOf } from './reports.ts';
import { productsOf, toolboxNode, type LockedRecipe, type Product } from './plan.ts';
import { openSession, type Session } from './session.ts';
import { reportXen } from './xen-facts.ts';

/**
 * How a run treats locks. `fail`: one that is missing or stale is an error. `mend`: it is made. `update`: so is
 * one whose packages would have to be fetched. `renew`: every one is made anew, also in place of an edited one.
 */
export type LockPolicy = BuildRequest['onStaleLock'] | 'mend' | 'renew';

/** Builds recipes and puts their products into the output directory. */
export async function build(context: Context, request: BuildRequest): Promise<void> {
  await using session = await openSession(context, { ...request, lookOnly: request.dryRun });
  // A dry run makes no lock: it says what a build with the locks as they are would do.
  const policy = request.dryRun ? 'fail' : request.onStaleLock;
  const recipes = await lockRecipes(session, request.recipes, () => policy);
  const products = await planProducts(session, recipes, request);
  if (request.dryRun) {
    await describeBuild(session, recipes, products);
    return;
  }
  const results = await buildProducts(session, recipes, products);
  const directory = join(context.cwd, 'out');
  await placeProducts(session, directory, products, results);
  await reportXen(session, products);
  const built = { recipes, products, results, outputs: request.outputs };
  await placeReports(directory, await reportsOf(session, built));
  await keepBuilt(session, directory, built);
}

/** Recipes with locks that fit, each toolbox before the recipes that need it. */
export async function lockRecipes(
  session: Session,
  names: readonly string[],
  policyOf: (recipe: string) => LockPolicy,
): Promise<Map<string, LockedRecipe>> {
  const locked = new Map<string, LockedRecipe>();
  const visit = async (name: string): Promise<LockedRecipe> => {
    const known = locked.get(name);
    if (known !== undefined) return known;
    const loaded = await loadBuildable(session.context.recipes, name);
    for (const need of needsOf(loaded)) await visit(need);
    const made = { loaded, lock: await fittingLock(session, loaded, locked, policyOf(name)) };
    locked.set(name, made);
    return made;
  };
  for (const name of names) await visit(name);
  return locked;
}

async function fittingLock(
  session: Session,
  loaded: LoadedBuildable,
  recipes: ReadonlyMap<string, LockedRecipe>,
  policy: LockPolicy,
): Promise<AnyLock> {
  const lock = await (policy === 'renew' ? readLockOrWarn : readLock)(session, loaded);
  const pins = pinsOf(loaded.recipe, recipes);
  const stale =
    staleness(session, loaded, lock) ?? (lock === undefined ? undefined : brokenPin({ loaded, lock }, pins));
  if (policy === 'fail' && stale !== undefined) throw stale;
  if (lock !== undefined && stale === undefined && (await isGood(session, { loaded, lock }, policy)))
    return lock;
  const made = await relock(session, loaded, recipes, lock);
  logMoves(session, loaded.recipe.name, lock, made);
  return made;
}

/** Whether a lock that fits its recipe may stay. */
async function isGood(session: Session, locked: LockedRecipe, policy: LockPolicy): Promise<boolean> {
  if (policy === 'update') return await isHere(session, locked);
  return policy !== 'renew';
}

/** Resolves a recipe anew; builds its toolbox first, since the solver runs in it. */
export async function relock(
  session: Session,
  loaded: LoadedBuildable,
  recipes: ReadonlyMap<string, LockedRecipe>,
  previous: AnyLock | undefined,
): Promise<AnyLock> {
  const { recipe } = loaded;
  const toolbox = async (): Promise<Outputs> => {
    const needed = lockedNeed(recipes, recipe.kind === 'toolbox' ? recipe.name : recipe.toolbox);
    const node = toolboxNode(needed);
    return resultOf(await runNodes(session, [needed], [node]), node);
  };
  return await updateLock(session, loaded, previous, { toolbox, pins: pinsOf(recipe, recipes) });
}

/** Whether every package of a lock is in the store: then the lock needs nothing that a mirror may have dropped. */
async function isHere(session: Session, locked: LockedRecipe): Promise<boolean> {
  for (const file of wantedFiles(locked)) if (!(await session.store.has(file))) return false;
  return true;
}

/** The products of the recipes that were asked for; what these need besides stays in the store. */
export async function planProducts(
  session: Session,
  recipes: ReadonlyMap<string, LockedRecipe>,
  { recipes: names, outputs }: Pick<BuildRequest, 'recipes' | 'outputs'>,
): Promise<Product[]> {
  const lists = names.map((name) => productsOf(session, lockedNeed(recipes, name), recipes, outputs));
  return (await Promise.all(lists)).flat();
}

/** Runs what the products need. */
export function buildProducts(
  session: Session,
  recipes: ReadonlyMap<string, LockedRecipe>,
  products: readonly Product[],
): Promise<Results> {
  return runNodes(
    session,
    [...recipes.values()],
    products.map(({ node }) => node),
  );
}

/** Checks the toolboxes that a plan uses on threads, from the beginning: their users wait for it. */
function checkToolboxes({ steps }: Plan<BuildPorts>, ports: BuildPorts): void {
  const used = new Set(steps.flatMap(({ node, action }) => (action === 'run' ? [node.toolbox?.id] : [])));
  for (const step of steps) {
    if (step.action === 'run' || !used.has(step.node.id)) continue;
    ports.toolboxTree(step.record.outputs).catch(() => undefined);
  }
}

/** Runs the nodes that are not cached; what they need from mirrors is fetched first. */
export async function runNodes(
  session: Session,
  recipes: readonly LockedRecipe[],
  targets: readonly Node<BuildPorts>[],
): Promise<Results> {
  const { cache, ports, jobs, context } = session;
  const plan = await planBuild(targets, cache);
  checkToolboxes(plan, ports);
  const running = new Set(plan.steps.flatMap(({ node, action }) => (action === 'run' ? [node.recipe] : [])));
  const needed = recipes.filter(({ loaded }) => running.has(loaded.recipe.name));
  if (needed.length > 0) await (await session.fetcher()).fetchFiles(needed.flatMap(wantedFiles));
  return await execute(plan, { cache, ports, jobs, sink: context.sink, signal: context.signal });
}

import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../../core/errors.ts';
import { hashFile, readIfPresent } from '../../../edge/files.ts';
import { resultOf, type Results } from '../../graph/execute.ts';
import { loadBuildable } from '../../recipe/load.ts';
import type { Artifact } from '../../graph/stage.ts';
import type { ReproduceRequest } from '../commands/reproduce.ts';
import type { Context } from '../command.ts';
import { buildProducts, lockRecipes, planProducts, runNodes } from './build.ts';
import { describeFileDifference } from './differences.ts';
import type { Built } from './manifests.ts';
import { wantedFiles } from './families.ts';
import { toolboxNode, type LockedRecipe, type Product } from './plan.ts';
import { reportsOf } from './reports.ts';
import { secondBuild, type SecondBuild } from './second-build.ts';
import { openSession, type Session } from './session.ts';

/** The recipe that holds libfaketime. */
const CLOCK_RECIPE = 'clock';
const CLOCK_LIBRARY = 'usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';
const DAYS_AHEAD = 400;

/** One product of both builds. */
interface Compared {
  readonly file: string;
  readonly first: Artifact;
  readonly second: Artifact | undefined;
}

/** Builds a recipe, builds it again from nothing elsewhere, and compares every product by its SHA-256. */
export async function reproduce(context: Context, request: ReproduceRequest): Promise<void> {
  await using session = await openSession(context, request);
  const { recipe, jobs } = request;
  const { recipe: wanted } = await loadBuildable(context.recipes, recipe);
  const library = await clockLibrary(session);
  const recipes = await lockRecipes(session, [recipe], () => 'fail');
  const products = await planProducts(session, recipes, { recipes: [recipe], outputs: undefined });
  const results = await buildProducts(session, recipes, products);
  const files = [...recipes.values()].flatMap(wantedFiles);
  await (await session.fetcher()).fetchFiles(files);
  await using second = await secondBuild(session, {
    ...{ recipe, jobs, files },
    clock: { library, days: DAYS_AHEAD },
    releaseKey: wanted.kind === 'iso' ? (await session.releaseKey()).file : undefined,
  });
  const compared = await compare(products, results, second.out);
  const built = { recipes, products, results, outputs: undefined };
  const reports = await differingReports(session, built, second.out);
  await report(session, request.recipe, { compared, reports, products, results, second });
}

/** The library, from a toolbox of its own: locked and verified like everything else that runs in a sandbox. */
async function clockLibrary(session: Session): Promise<string> {
  const locked = (await lockRecipes(session, [CLOCK_RECIPE], () => 'fail')).get(CLOCK_RECIPE) as LockedRecipe;
  const node = toolboxNode(locked);
  const results = await runNodes(session, [locked], [node]);
  return join(await session.ports.toolboxTree(resultOf(results, node)), CLOCK_LIBRARY);
}

async function compare(products: readonly Product[], results: Results, out: string): Promise<Compared[]> {
  const compared: Compared[] = [];
  for (const { node, output, file } of products) {
    const first = resultOf(results, node)[output];
    if (first !== undefined) compared.push({ file, first, second: await hashFile(join(out, file)) });
  }
  return compared;
}

/** Manifest, package list, SBOM, checksums: which of them the second build wrote otherwise. */
async function differingReports(session: Session, built: Built, out: string): Promise<string[]> {
  const differing: string[] = [];
  for (const { file, text } of await reportsOf(session, built)) {
    const second = (await readIfPresent(join(out, file)))?.toString('utf8');
    if (second !== text) differing.push(file);
  }
  return differing;
}

async function report(
  session: Session,
  recipe: string,
  found: {
    readonly compared: readonly Compared[];
    readonly reports: readonly string[];
    readonly products: readonly Product[];
    readonly results: Results;
    readonly second: SecondBuild;
  },
): Promise<void> {
  const { compared, second } = found;
  const different = compared.filter((one) => one.second?.sha256 !== one.first.sha256);
  const isIdentical = different.length === 0 && found.reports.length === 0;
  const width = Math.max(...second.variations.map(({ what }) => what.length));
  const lines = [
    `${recipe}: ${isIdentical ? 'identical' : 'NOT identical'}`,
    ...compared.map(({ file, first, second: other }) => {
      return `  ${first.sha256 === other?.sha256 ? 'same  ' : 'DIFFER'}  ${first.sha256}  ${file}`;
    }),
    ...found.reports.map((file) => `  DIFFER  ${file}`),
    'the second build differed from the first in:',
    ...second.variations.map(
      ({ what, first, second: other }) => `  ${what.padEnd(width)}  ${first} → ${other}`,
    ),
  ];
  const value = { recipe, identical: isIdentical, compared, variations: second.variations };
  session.context.sink({ type: 'result', name: 'reproduce', value, text: lines.join('\n') });
  if (isIdentical) return;
  throw await notIdentical(session, recipe, different, found);
}

/** Keeps the second build's versions of what differs, and names the files inside them. */
async function notIdentical(
  session: Session,
  recipe: string,
  different: readonly Compared[],
  { products, results, reports, second }: Parameters<typeof report>[2],
): Promise<AppError> {
  const loaded = await loadBuildable(session.context.recipes, recipe);
  const toolbox = loaded.recipe.kind === 'toolbox' ? recipe : loaded.recipe.toolbox;
  const kept = join(session.context.cwd, 'out', 'reproduce');
  await mkdir(kept, { recursive: true });
  const lines = reports.map((file) => `${file}: the two differ`);
  for (const { file, first, second: other } of different) {
    if (other === undefined) {
      lines.push(`${file}: the second build did not make it`);
      continue;
    }
    const product = products.find((one) => one.file === file);
    if (product === undefined) continue;
    const paths = [
      await session.store.verified(resultOf(results, product.node)[product.output] ?? first),
      join(second.out, file),
    ] as const;
    await copyFile(paths[1], join(kept, file));
    lines.push(...(await describeFileDifference(session, { name: file, toolbox }, paths[0], paths[1])));
  }
  return new AppError({
    kind: 'verification',
    code: 'reproduce.different',
    what: `two builds of ${recipe} are not the same`,
    where: recipe,
    expected: 'the same SHA-256 of every product',
    got: lines.join('\n'),
    next: `the second build's files are in ${kept}; compare with qubeforge diff`,
  });
}

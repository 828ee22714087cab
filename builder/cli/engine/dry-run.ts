import { formatBytes } from '../../../core/bytes.ts';
import { planBuild, type Plan } from '../../graph/plan.ts';
import type { WantedFile } from '../../fetch/files.ts';
import type { BuildPorts } from '../../stages/ports.ts';
import { wantedFiles } from './families.ts';
import type { LockedRecipe, Product } from './plan.ts';
import type { Session } from './session.ts';

/** Says what a build would do; changes nothing. */
export async function describeBuild(
  session: Session,
  recipes: ReadonlyMap<string, LockedRecipe>,
  products: readonly Product[],
): Promise<void> {
  const plan = await planBuild(
    products.map(({ node }) => node),
    session.cache,
  );
  const missing = await missingFiles(session, recipes, plan);
  const steps = plan.steps.map(({ node, action }) => ({
    action,
    recipe: node.recipe,
    title: node.title,
    id: node.id,
  }));
  const bytes = missing.reduce((sum, { size }) => sum + size, 0);
  const lines = [
    ...(missing.length === 0 ? [] : [`fetch   ${missing.length} files, ${formatBytes(bytes)}`]),
    ...steps.map(({ action, recipe, title }) => `${action.padEnd(7)} ${recipe} · ${title}`),
    ...products.map(({ file }) => `write   out/${file}`),
  ];
  const value = {
    steps,
    fetch: { files: missing.length, bytes },
    products: products.map(({ file }) => file),
  };
  session.context.sink({ type: 'result', name: 'plan', value, text: lines.join('\n') });
}

async function missingFiles(
  { store }: Session,
  recipes: ReadonlyMap<string, LockedRecipe>,
  plan: Plan<BuildPorts>,
): Promise<WantedFile[]> {
  const running = new Set(plan.steps.flatMap(({ node, action }) => (action === 'run' ? [node.recipe] : [])));
  const wanted = [...recipes].flatMap(([name, locked]) => (running.has(name) ? wantedFiles(locked) : []));
  const unique = [...new Map(wanted.map((file) => [file.sha256, file])).values()];
  const here = await Promise.all(unique.map((file) => store.has(file)));
  return unique.filter((_, index) => here[index] === false);
}

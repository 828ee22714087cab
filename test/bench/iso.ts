/**
 * Paired runs of assembling the medium and of xorriso alone on the same tree. Ours is charged with the sandbox,
 * the check of the boot image, hashing the result and keeping it; xorriso is timed alone, inside its sandbox.
 */
import { cp, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { lockRecipes, planProducts, runNodes } from '../../builder/cli/engine/build.ts';
import type { Sha256 } from '../../core/digest.ts';
import { resultOf } from '../../builder/graph/execute.ts';
import type { Outputs } from '../../builder/graph/stage.ts';
import { treeCommands, xorrisoArguments } from '../../builder/outputs/iso/assemble.ts';
import { PATHS, sortedPaths } from '../../builder/outputs/iso/tree.ts';
import { testProject } from '../support/project.ts';
import { parseTimed, summary, type Run } from './measure.ts';

/** Prints the ratio of times for the recipe `iso`. */
export async function benchIso(pairs: number): Promise<void> {
  await using project = await testProject();
  const { session } = project;
  await cp(resolve('dist'), join(project.root, 'dist'), { recursive: true });
  const recipes = await lockRecipes(session, ['iso'], () => 'update');
  const [product] = await planProducts(session, recipes, { recipes: ['iso'], outputs: undefined });
  if (product === undefined) throw new Error('the recipe has no product');
  const { node } = product;
  const { medium, boot } = node.inputs;
  if (medium === undefined || boot === undefined || node.toolbox === undefined)
    throw new Error('the medium is put together in another way');
  const parts = await runNodes(session, [...recipes.values()], [medium, boot, node.toolbox]);
  const forgetful = {
    ...session,
    cache: {
      ...session.cache,
      lookup: (id: Sha256) => (id === node.id ? Promise.resolve(undefined) : session.cache.lookup(id)),
    },
  };
  const ours = async (): Promise<Run> => {
    const [start, before] = [performance.now(), process.cpuUsage()];
    await runNodes(forgetful, [], [node]);
    const { user, system } = process.cpuUsage(before);
    return { wall: (performance.now() - start) / 1000, cpu: (user + system) / 1e6 };
  };
  const files = resultOf(parts, medium);
  const paths = sortedPaths(files);
  const originals: Outputs = { ...files, [PATHS.bios]: resultOf(parts, boot)['bios']! };
  const toolbox = await session.ports.toolboxTree(resultOf(parts, node.toolbox));
  const theirs = async (): Promise<Run> => {
    await using tree = await session.ports.linkBlobs(paths.map((path) => originals[path]!));
    await using mbr = await session.ports.linkNamed({ mbr: resultOf(parts, boot)['mbr']! });
    await using out = await session.ports.scratch();
    const settings = { label: 'QUBEFORGE', epoch: node.definition.epoch };
    const run = xorrisoArguments(settings, '/in/boot/mbr', '/out/medium.iso').join(' ');
    await session.ports.sandbox({
      toolbox,
      script: `${treeCommands(paths, '/build/tree')}\ncd /build/tree\nTIMEFORMAT='TIMED %R %U %S' bash -c 'time ${run}' 2>&1 | grep TIMED >/out/time`,
      inputs: { tree: tree.path, boot: mbr.path },
      out: out.path,
      env: { SOURCE_DATE_EPOCH: String(node.definition.epoch) },
    });
    const timed = parseTimed(await readFile(join(out.path, 'time'), 'utf8'));
    if (timed === undefined) throw new Error('xorriso was not timed');
    return timed;
  };
  const runs = { xorriso: [] as Run[], ours: [] as Run[] };
  for (let pair = 0; pair < pairs; pair++) {
    runs.xorriso.push(await theirs());
    runs.ours.push(await ours());
  }
  console.log(`iso: ${paths.length} files, ${pairs} pairs`);
  console.log(summary('xorriso alone', runs.xorriso));
  console.log(summary('ours (wall is the figure; cpu is of Node alone)', runs.ours, runs.xorriso));
}

/** The most memory that the Node process of a full build takes: everything but packages and toolbox is made. */
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { formatBytes, KIB } from '../../core/bytes.ts';
import { wantedFiles } from '../../builder/cli/engine/families.ts';
import { needsOf } from '../../builder/cli/engine/needs.ts';
import { linkedStore } from '../support/linked-store.ts';
import { buildToolbox } from '../support/mmdebstrap.ts';
import { testProject } from '../support/project.ts';
import { timed } from './measure.ts';

/** Loaded before the program: says what the kernel has counted, threads included, children not (getrusage(2)). */
const PRELOAD = `process.on('exit', () =>
  require('fs').writeFileSync(process.env.PEAK, String(process.resourceUsage().maxRSS)));`;

/** Builds the image of a template from a cold store and prints the peak. */
export async function benchMemory(recipe: string): Promise<void> {
  await using project = await testProject();
  const { session, root } = project;
  const locked = await project.lock(recipe);
  for (const need of needsOf(locked.loaded)) await buildToolbox(session, await project.lock(need));
  await (await session.fetcher()).fetchFiles(wantedFiles(locked));
  await cp(resolve('dist'), join(root, 'dist'), { recursive: true });
  const [preload, peak] = [join(root, 'preload.cjs'), join(root, 'peak')];
  await writeFile(preload, PRELOAD);
  await using cache = await linkedStore('bench-memory', 'cold');
  const program = ['node', '--require', preload, join(root, 'dist/qubeforge.mjs')];
  const build = ['build', recipe, '--offline', '--quiet', '--cache', cache.path];
  const { wall, cpu } = await timed([...program, ...build], { cwd: root, env: { PEAK: peak } });
  const bytes = Number(await readFile(peak, 'utf8')) * KIB;
  await rm(join(root, 'out'), { recursive: true, force: true });
  const packages = String(locked.lock.packages.length);
  console.log(
    `${recipe}: ${packages} packages, peak of the Node process ${formatBytes(bytes)}; wall s ${wall.toFixed(1)}; cpu s ${cpu.toFixed(1)}`,
  );
}

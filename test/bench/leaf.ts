/**
 * A full build of a template's image, then one after a leaf package moved to another version: the same
 * store, as somebody's daily rebuild has it.
 */
import { cp, link, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { epochOf, wantedFiles } from '../../builder/cli/engine/families.ts';
import type { LockedRecipe } from '../../builder/cli/engine/plan.ts';
import { printLock } from '../../builder/lock/lock-file.ts';
import type { LockedPackage } from '../../builder/lock/schema.ts';
import { openStore } from '../../builder/store/store.ts';
import { hashFile } from '../../edge/files.ts';
import { linkedStore } from '../support/linked-store.ts';
import { buildToolbox } from '../support/mmdebstrap.ts';
import { testProject, type TestProject } from '../support/project.ts';
import { summary, timed, type Run } from './measure.ts';

/** Nothing depends on it, and it has files of its own kind only. */
const LEAF = 'less';

/** Gives the package of a lock another version, in its control file too; the file is put into the store. */
async function movedLeaf(
  { session, lock }: TestProject,
  { lock: before }: LockedRecipe,
  cache: string,
  version: string,
): Promise<LockedPackage> {
  const leaf = before.family === 'debian' ? before.packages.find(({ name }) => name === LEAF) : undefined;
  if (leaf === undefined) throw new Error(`${LEAF} is not locked`);
  const toolbox = await buildToolbox(session, await lock('toolbox'));
  await using debs = await session.ports.linkNamed({ [LEAF]: leaf });
  await using out = await session.ports.scratch();
  await session.ports.sandbox({
    toolbox: await session.ports.toolboxTree(toolbox),
    script: `
dpkg-deb -R /in/debs/${LEAF} tree
sed -i 's/^Version: .*/Version: ${version}/' tree/DEBIAN/control
dpkg-deb --root-owner-group -b tree /out/moved.deb >&2
`,
    inputs: { debs: debs.path },
    out: out.path,
    env: { SOURCE_DATE_EPOCH: '0' },
  });
  await using store = await openStore(cache);
  const path = store.temporaryPath('leaf');
  await link(join(out.path, 'moved.deb'), path);
  const extent = await hashFile(path);
  if (extent === undefined) throw new Error('no package was made');
  await store.adopt(path, extent);
  const place = join(dirname(leaf.path), basename(leaf.path).replace(/_[^_]*_/, `_${version}_`));
  return { ...leaf, ...extent, version, path: place };
}

/** Prints how long the image takes in full, and again after a leaf moved. */
export async function benchLeaf(recipe: string, rounds: number): Promise<void> {
  await using project = await testProject();
  const { session, root } = project;
  const locked = await project.lock(recipe);
  await buildToolbox(session, await project.lock('toolbox'));
  await (await session.fetcher()).fetchFiles(wantedFiles(locked));
  await cp(resolve('dist'), join(root, 'dist'), { recursive: true });
  const lockFile = join(root, 'recipes', 'locks', `${recipe}.lock.json`);
  const original = await readFile(lockFile, 'utf8');
  const runs = { full: [] as Run[], leaf: [] as Run[], none: [] as Run[] };
  for (let round = 0; round < rounds; round++) {
    await using cache = await linkedStore('bench-leaf', 'cold');
    const build = (): Promise<Run> =>
      timed(
        [
          'node',
          join(root, 'dist/qubeforge.mjs'),
          'build',
          recipe,
          '--offline',
          '--quiet',
          '--cache',
          cache.path,
        ],
        { cwd: root },
      );
    runs.full.push(await build());
    const moved = await movedLeaf(project, locked, cache.path, `999-${String(round + 1)}`);
    const packages = locked.lock.packages.map((pkg) => (pkg.name === LEAF ? moved : pkg));
    await writeFile(lockFile, printLock({ ...locked.lock, packages } as LockedRecipe['lock']));
    runs.leaf.push(await build());
    runs.none.push(await build());
    await writeFile(lockFile, original);
    await rm(join(root, 'out'), { recursive: true, force: true });
  }
  console.log(
    `${recipe}: image of ${String(locked.lock.packages.length)} packages, epoch ${String(epochOf(locked))}`,
  );
  console.log(summary('full build, packages at hand', runs.full));
  console.log(summary(`after ${LEAF} moved, to the full build`, runs.leaf, runs.full));
  console.log(summary('with nothing to do, to the full build', runs.none, runs.full));
}

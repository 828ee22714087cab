/**
 * Paired runs of a build and of mmdebstrap from the same packages, which both have at hand. Ours is timed as a
 * whole process and charged with everything but locking: it starts, reads the lock, checks hashes, unpacks,
 * configures, packs. mmdebstrap is timed alone, inside its sandbox.
 */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { epochOf } from '../../builder/cli/engine/families.ts';
import { needsOf } from '../../builder/cli/engine/needs.ts';
import { buildToolbox, localRepository, mmdebstrapScript, openLocked } from '../support/mmdebstrap.ts';
import { testProject, TEST_CACHE } from '../support/project.ts';
import { linkedStore, type StoreKind } from '../support/linked-store.ts';
import { parseTimed, progress, summary, timed, type Run } from './measure.ts';

/** Prints ratios for one recipe: cold (packages as .deb) and warm (uncompressed, after a build) store. */
export async function benchRootfs(recipe: string, pairs: number): Promise<void> {
  await using project = await testProject();
  const { session } = project;
  const locked = await project.lock(recipe);
  const reference = await buildToolbox(session, await project.lock('toolbox-mmdebstrap'));
  for (const need of needsOf(locked.loaded)) await buildToolbox(session, await project.lock(need));
  await openLocked(session, locked);
  const build = (cache: string): Promise<Run> => {
    const argv = ['build', recipe, '--output', 'rootfs-tar', '--offline', '--quiet', '--cache', cache];
    return timed(['node', join(project.root, 'dist/qubeforge.mjs'), ...argv], { cwd: project.root });
  };
  const ours = async (kind: StoreKind): Promise<Run> => {
    await using cache = await linkedStore(`bench-${kind}`, kind);
    try {
      return await build(cache.path);
    } finally {
      await rm(join(project.root, 'out'), { recursive: true, force: true });
    }
  };
  const theirs = async (place: '/build/tmp' | '/out/tmp'): Promise<Run> => {
    await using repository = await localRepository(session, locked);
    await using out = await session.ports.scratch();
    const script = mmdebstrapScript(
      locked.lock.packages.map(({ name }) => name),
      place,
    );
    await session.ports.sandbox({
      toolbox: await session.ports.toolboxTree(reference),
      script: `TIMEFORMAT='TIMED %R %U %S' bash -c 'time sh -eu /job/run' 2>&1 | grep TIMED >/out/time`,
      files: { run: script },
      inputs: { repository: repository.path },
      out: out.path,
      env: { SOURCE_DATE_EPOCH: String(epochOf(locked)) },
    });
    const run = parseTimed(await readFile(join(out.path, 'time'), 'utf8'));
    if (run === undefined) throw new Error('mmdebstrap was not timed');
    return run;
  };
  const runs = { disk: [] as Run[], memory: [] as Run[], cold: [] as Run[], warm: [] as Run[] };
  await build(TEST_CACHE);
  for (let pair = 0; pair < pairs; pair++) {
    runs.disk.push(await theirs('/out/tmp'));
    runs.cold.push(await ours('cold'));
    runs.memory.push(await theirs('/build/tmp'));
    runs.warm.push(await ours('warm'));
    const { disk, cold, memory, warm } = runs;
    console.log(
      progress(pair + 1, { disk: disk.at(-1), cold: cold.at(-1), memory: memory.at(-1), warm: warm.at(-1) }),
    );
  }
  console.log(`${recipe}: ${String(locked.lock.packages.length)} packages, ${String(pairs)} pairs`);
  console.log(summary('mmdebstrap, temporary files on disk', runs.disk));
  console.log(summary('mmdebstrap, temporary files in memory', runs.memory));
  console.log(summary('ours, cold store, to mmdebstrap on disk', runs.cold, runs.disk));
  console.log(summary('ours, cold store, to mmdebstrap in memory', runs.cold, runs.memory));
  console.log(summary('ours, warm store, to mmdebstrap on disk', runs.warm, runs.disk));
  console.log(summary('ours, warm store, to mmdebstrap in memory', runs.warm, runs.memory));
}

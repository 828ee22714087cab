/**
 * Paired runs of a build of the Fedora fixture and of `dnf --installroot` of the same packages, both with all
 * files at hand. Ours is timed as a whole process and charged with everything but locking: it starts, reads the
 * lock, checks hashes, installs, packs. dnf is timed alone, inside its sandbox, with its own checks and the
 * packing of its tree.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { FedoraLock } from '../../builder/lock/fedora-schema.ts';
import { fedoraProject, ROOTFS_RECIPE } from '../support/fedora/project.ts';
import { DNF_FILES, dnfInstallScript, repositoryDirectory } from '../support/fedora/reference.ts';
import { forgetStages } from '../support/linked-store.ts';
import { TEST_CACHE } from '../support/project.ts';
import { parseTimed, progress, summary, timed, type Run } from './measure.ts';

/** Prints the ratio for the root file system of the fixture. */
export async function benchFedora(pairs: number): Promise<void> {
  await using fixture = await fedoraProject();
  const { session, root } = fixture.project;
  // The build leaves in the store what the next one takes over, as on a machine that builds the template every week.
  for (const command of ['lock', 'build']) {
    const { error } = await fixture.cli(command, ROOTFS_RECIPE);
    if (error !== undefined) throw new Error(error.text);
  }
  const path = join(root, 'recipes', 'locks', `${ROOTFS_RECIPE}.lock.json`);
  const lock = JSON.parse(await readFile(path, 'utf8')) as FedoraLock;
  await using repository = await repositoryDirectory(fixture);
  const runs = { ours: [] as Run[], theirs: [] as Run[] };
  const ours = async (): Promise<Run> => {
    const cache = await mkdtemp(join(TEST_CACHE, 'bench-'));
    try {
      // Hard links: a store of its own that takes no time to make.
      await timed(['cp', '-al', join(TEST_CACHE, 'store'), cache], { cwd: '/' });
      await forgetStages(cache, (stage) => stage === 'fedora-rootfs');
      const argv = ['build', ROOTFS_RECIPE, '--offline', '--quiet', '--cache', cache];
      return await timed(['node', join(root, 'dist/qubeforge.mjs'), ...argv], { cwd: root });
    } finally {
      await rm(cache, { recursive: true, force: true });
      await rm(join(root, 'out'), { recursive: true, force: true });
    }
  };
  const theirs = async (): Promise<Run> => {
    await using out = await session.ports.scratch();
    const names = lock.packages.map(({ name }) => name);
    const epoch = Math.floor(Date.parse(lock.repositories[0]?.date ?? '') / 1000);
    await session.ports.sandbox({
      toolbox: await session.ports.toolboxTree(fixture.toolbox),
      script: `TIMEFORMAT='TIMED %R %U %S' bash -c 'time sh -eu /job/run' 2>&1 | grep TIMED >/out/time`,
      files: { ...DNF_FILES, run: dnfInstallScript(names, epoch) },
      inputs: { repository: repository.path },
      out: out.path,
      env: { SOURCE_DATE_EPOCH: String(epoch) },
    });
    const run = parseTimed(await readFile(join(out.path, 'time'), 'utf8'));
    if (run === undefined) throw new Error('dnf was not timed');
    return run;
  };
  await ours();
  for (let pair = 0; pair < pairs; pair++) {
    runs.theirs.push(await theirs());
    runs.ours.push(await ours());
    console.log(progress(pair + 1, { dnf: runs.theirs.at(-1), ours: runs.ours.at(-1) }));
  }
  console.log(`fedora: ${String(lock.packages.length)} packages, ${String(pairs)} pairs`);
  console.log(summary('dnf --installroot', runs.theirs));
  console.log(summary('ours, packages in the store', runs.ours, runs.theirs));
}

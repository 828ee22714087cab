import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareTrees, describeDifference, readTree } from '../../builder/report/tree.ts';
import { explained, NORMALISATIONS } from '../../builder/stages/debian/normalisations.ts';
import { debianRootfsStage } from '../../builder/stages/debian/rootfs.ts';
import { epochOf } from '../../builder/cli/engine/families.ts';
import {
  buildOwn,
  buildToolbox,
  localRepository,
  mmdebstrapScript,
  openLocked,
} from '../support/mmdebstrap.ts';
import { testProject, type TestProject } from '../support/project.ts';

let project: TestProject;

beforeAll(async () => {
  project = await testProject();
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
});

describe('a root file system', () => {
  test.each(['debian-13-minbase', 'template-debian-13-minimal', 'template-debian-13'])(
    'of %s is the one that mmdebstrap makes from the same packages',
    async (recipe) => {
      const { session } = project;
      const locked = await project.lock(recipe);
      const epoch = epochOf(locked);
      const reference = await buildToolbox(session, await project.lock('toolbox-mmdebstrap'));
      const toolbox = await buildToolbox(session, await project.lock('toolbox'));
      const own = await buildOwn(project, locked);
      await openLocked(session, locked, own.refs);
      await using repository = await localRepository(session, locked, own.refs);
      await using out = await session.ports.scratch();
      const environment = { SOURCE_DATE_EPOCH: String(epoch) };
      await session.ports.sandbox({
        toolbox: await session.ports.toolboxTree(reference),
        script: mmdebstrapScript(
          [...locked.lock.packages, ...own.refs].map(({ name }) => name),
          '/build/tmp',
        ),
        inputs: { repository: repository.path },
        out: out.path,
        env: environment,
      });
      // Settings and files of the recipe are ours and nothing that mmdebstrap knows of.
      const { rootfs } = await debianRootfsStage.run({
        id: 'test' as never,
        options: { architecture: 'amd64', packages: locked.lock.packages, own: own.refs, files: [] },
        inputs: own.inputs,
        toolbox,
        epoch,
        ...session.context,
        ports: session.ports,
      });
      const theirs = await readTree(createReadStream(join(out.path, 'reference.tar')), 'mmdebstrap');
      const ours = await readTree(createReadStream(await session.store.verified(rootfs!)), 'ours');
      await rm(join(out.path, 'reference.tar'));
      const differences = compareTrees(theirs, ours);
      const expected = differences.filter(({ path }) => explained(path) !== undefined);
      for (const { paths, reason } of NORMALISATIONS) {
        const count = expected.filter(({ path }) => paths.test(path)).length;
        console.log(`${recipe}: ${String(count)} paths: ${reason}`);
      }
      console.log(
        `${recipe}: ${String(ours.size)} paths compared, ${String(locked.lock.packages.length)} packages and ${String(own.refs.length)} of ours`,
      );
      expect(ours.size).toBeGreaterThan(1000);
      expect(differences.filter(({ path }) => explained(path) === undefined).map(describeDifference)).toEqual(
        [],
      );
    },
  );
});

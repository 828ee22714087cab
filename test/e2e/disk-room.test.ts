import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { Event } from '../../core/events.ts';
import { epochOf } from '../../builder/cli/engine/families.ts';
import { debianRootfsStage } from '../../builder/stages/debian/rootfs.ts';
import { WorkPlaces } from '../../edge/work-places.ts';
import { linkedStore } from '../support/linked-store.ts';
import { buildToolbox, openLocked } from '../support/mmdebstrap.ts';
import { testProject, TEST_CACHE } from '../support/project.ts';

/** Builds the tree on a machine with so much memory, with a store of this kind. */
async function tree(
  memory: number,
  cache: string,
): Promise<{ sha256: string; said: string[]; left: string[] }> {
  await using project = await testProject({ cache });
  const { session } = project;
  const locked = await project.lock('template-debian-13-minimal');
  const toolbox = await buildToolbox(session, await project.lock('toolbox'));
  await openLocked(session, locked);
  const said: string[] = [];
  const places = new WorkPlaces(
    () => Promise.resolve(memory),
    () => session.store.temporaryPath('tree'),
  );
  const { rootfs } = await debianRootfsStage.run({
    id: 'test' as never,
    options: { architecture: 'amd64', packages: locked.lock.packages, files: [] },
    inputs: {},
    toolbox,
    epoch: epochOf(locked),
    ...session.context,
    sink: (event: Event) => {
      if (event.type === 'log' && event.message.startsWith('assembled'))
        said.push(`${event.level}: ${event.message}`);
    },
    ports: { ...session.ports, workPlace: (bytes) => places.take(bytes) },
  });
  return { sha256: rootfs!.sha256, said, left: await readdir(session.store.temporaryDirectory) };
}

test('a tree is the same in memory and on disk, which is taken where memory is scarce, and nothing stays there', async () => {
  const memory = await tree(64 * 1024 ** 3, TEST_CACHE);
  expect(memory.said).toEqual([expect.stringMatching(/^debug: assembled in memory: /)]);
  // Without results of scripts that were made in memory.
  await using cold = await linkedStore('room', 'cold');
  const disk = await tree(1024 ** 3, cold.path);
  expect(disk.said).toEqual([
    expect.stringMatching(/^info: assembled on disk, .* 1\.0 GiB of memory are available/),
  ]);
  expect(disk.sha256).toBe(memory.sha256);
  expect(disk.left).toEqual([]);
});

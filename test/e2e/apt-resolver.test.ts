import { join } from 'node:path';
import { expect, test } from 'vitest';
import { aptResolver } from '../../builder/stages/debian/apt-resolver.ts';
import { openStore } from '../../builder/store/store.ts';
import { fetcherFor } from '../support/fetcher.ts';
import { lockMirror } from '../support/locking.ts';
import { startMiniMirror, type MirrorSuite } from '../support/mini-mirror.ts';
import { buildToolbox } from '../support/mmdebstrap.ts';
import { testProject } from '../support/project.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const STABLE: MirrorSuite = { suite: 'stable', packages: [{ name: 'hello', version: '1.0-1' }] };
const NEWER: MirrorSuite = { suite: 'backports', packages: [{ name: 'hello', version: '2.0-1' }] };

test.each<[string, Record<string, string>, string, string]>([
  ['an ordinary suite', {}, 'hello', '2.0-1'],
  ['a suite that is not automatic', { NotAutomatic: 'yes' }, 'hello', '1.0-1'],
  ['backports', { NotAutomatic: 'yes', ButAutomaticUpgrades: 'yes' }, 'hello', '1.0-1'],
  ['backports that are asked for', { NotAutomatic: 'yes' }, 'hello/backports', '2.0-1'],
])('apt gives %s the priority of its Release file', async (_, release, install, version) => {
  await using project = await testProject();
  await using dir = await temporaryDirectory();
  await using store = await openStore(join(dir.path, 'cache'));
  await using mirror = await startMiniMirror({ suites: [STABLE, { ...NEWER, release }] });
  const { ports } = project.session;
  const toolbox = await buildToolbox(project.session, await project.lock('toolbox'));
  const wanted = { variant: 'custom', recommends: false, install: [install] } as const;
  const { lock } = await lockMirror(fetcherFor(store, mirror).fetcher, mirror, dir.path, {
    resolver: aptResolver(ports, toolbox, wanted, new AbortController().signal),
  });
  expect(lock.packages.map((pkg) => [pkg.name, pkg.version])).toEqual([['hello', version]]);
});

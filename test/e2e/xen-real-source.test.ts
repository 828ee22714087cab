import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseManifest } from '../../builder/report/manifest.ts';
import { writeRecipe } from '../support/fedora/project.ts';
import { run, type Outcome } from '../support/mini-project.ts';
import { testProject, TEST_CACHE, type TestProject } from '../support/project.ts';

let project: TestProject;

const cli = (...args: string[]): Promise<Outcome> => run(project.root, TEST_CACHE, args);

/** The recipe under another name, with these changes to its text. */
async function derive(
  from: string,
  to: string,
  changes: readonly (readonly [RegExp, string])[],
): Promise<void> {
  const text = await readFile(join(project.root, 'recipes', `${from}.yaml`), 'utf8');
  const named = text.replace(`name: ${from}\n`, `name: ${to}\n`);
  const changed = changes.reduce((now, [pattern, by]) => now.replaceAll(pattern, by), named);
  await writeFile(join(project.root, 'recipes', `${to}.yaml`), changed);
}

beforeAll(async () => {
  project = await testProject();
  await derive('debian-13', 'debian-12', [[/\btrixie\b/g, 'bookworm']]);
  await derive('toolbox', 'toolbox-12', [
    [/extends: debian-13/g, 'extends: debian-12'],
    [/libarchive13t64/g, 'libarchive13'],
  ]);
  await derive('toolbox-compiler', 'toolbox-compiler-12', [[/extends: toolbox/g, 'extends: toolbox-12']]);
  await writeRecipe(project, {
    ...{ name: 'xen-12', kind: 'xen', extends: 'debian-12', toolbox: 'toolbox-compiler-12' },
    packages: { install: ['xen-hypervisor-4.17-amd64'] },
  });
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
});

/**
 * Not the release that images are made of: its point releases leave mirrors without the source of the newest
 * version for months, and this has to be shown on any day.
 */
describe('the hypervisor of Debian 12', () => {
  it('is compiled from its source to the bytes that Debian distributes', async (context) => {
    const { error } = await cli('build', 'xen-12', '--on-stale-lock', 'update');
    expect(error?.text).toBeUndefined();
    const manifest = await readFile(join(project.root, 'out', 'xen-12.manifest.json'), 'utf8');
    const facts = parseManifest(manifest, 'manifest').xen;
    if (facts?.origin === 'distribution-binary')
      context.skip(`no mirror has its source: ${facts.note ?? ''}`);
    expect(facts).toMatchObject({ origin: 'source', reproduced: 'yes' });
  });
});

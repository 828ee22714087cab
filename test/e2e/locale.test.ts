import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { linkedStore } from '../support/linked-store.ts';
import { run } from '../support/mini-project.ts';
import { buildToolbox } from '../support/mmdebstrap.ts';
import { testProject, TEST_CACHE } from '../support/project.ts';
import { writeRecipe } from '../support/fedora/project.ts';

const german = (name: string, install: readonly string[]): { name: string } & Record<string, unknown> => ({
  ...{ name, kind: 'rootfs', extends: 'debian-13-minbase', packages: { install } },
  system: { locale: 'de_DE.UTF-8', timezone: 'Europe/Berlin', hostname: 'probe' },
});

test('a locale that no package brings is compiled, always the same, and programs speak it', async () => {
  await using project = await testProject();
  await writeRecipe(project, german('german', ['locales', 'tzdata']));
  const tar = join(project.root, 'out/german.rootfs.tar');
  const build = async (cache: string): Promise<Buffer> => {
    await rm(join(project.root, 'out'), { recursive: true, force: true });
    const outcome = await run(project.root, cache, ['build', 'german', '--on-stale-lock', 'update']);
    expect(outcome.error?.text).toBeUndefined();
    return await readFile(tar);
  };
  const bytes = await build(TEST_CACHE);
  await using again = await linkedStore('locale', 'warm');
  expect((await build(again.path)).equals(bytes)).toBe(true);

  const toolbox = await buildToolbox(project.session, await project.lock('toolbox'));
  const { stdout } = await project.session.ports.sandbox({
    toolbox: await project.session.ports.toolboxTree(toolbox),
    script: `
mkdir tree
tar -C tree -xf /in/tar
cat tree/etc/locale.conf
sed -n '/^[^# ]/p' tree/etc/locale.gen
chroot tree locale -a
chroot tree env LC_ALL=de_DE.UTF-8 sh -c 'locale charmap; date -u -d @0 +%A'
`,
    inputs: { tar },
  });
  expect(stdout.split('\n')).toEqual([
    'LANG=de_DE.UTF-8',
    'de_DE.UTF-8 UTF-8',
    ...['C', 'C.utf8', 'POSIX', 'de_DE.utf8'],
    'UTF-8',
    'Donnerstag',
    '',
  ]);
});

test('without a package that has it, the build says which one is missing', async () => {
  await using project = await testProject();
  await writeRecipe(project, german('silent', ['tzdata']));
  const outcome = await run(project.root, TEST_CACHE, ['build', 'silent', '--on-stale-lock', 'update']);
  expect(outcome.error).toMatchObject({ kind: 'tool', exitCode: 5 });
  expect(outcome.error?.text).toContain(
    'system.locale: no package of this recipe has de_DE.UTF-8: add locales, or its language pack',
  );
});

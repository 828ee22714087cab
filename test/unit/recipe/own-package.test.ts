import { describe, expect, it } from 'vitest';
import { loadRecipe } from '../../../builder/recipe/load.ts';
import { parseOwnPackage } from '../../../builder/recipe/own-package/load.ts';
import { readOwnSources, type OwnSources } from '../../../builder/recipe/own-package/sources.ts';
import { appErrorOf } from '../../support/only-app-errors.ts';
import { OWN_BUNDLES, OWN_FILES, OWN_YAML } from '../../support/own-packages.ts';
import { memoryPackages, memoryRecipes, SMALL, SMALL_FILES } from '../../support/recipes.ts';

type Files = Record<string, string>;

/** What is wrong with a description, as `LINE: MESSAGE`. */
async function mistakes(text: string): Promise<string[]> {
  const error = await appErrorOf(() => parseOwnPackage('small/package.yaml', text));
  expect([error.kind, error.code]).toEqual(['recipe', 'own-package.invalid']);
  return (error.where ?? '').split('\n').map((line) => line.replace(/^small\/package\.yaml:(\d+):\d+/, '$1'));
}

async function sources(changes: Files = {}, bundles: Files = OWN_BUNDLES): Promise<OwnSources> {
  const files: Files = { ...OWN_FILES, ...changes };
  const own = parseOwnPackage('small/package.yaml', files['small/package.yaml'] ?? '');
  return readOwnSources(memoryPackages(files, bundles), own);
}

describe('a package.yaml', () => {
  it('is read with its defaults', () => {
    const { definition } = parseOwnPackage('small/package.yaml', OWN_YAML);
    expect(definition).toMatchObject({
      name: 'qubeforge-small',
      debian: { section: 'admin', depends: ['systemd (>= 252)', 'mawk | awk'] },
      fedora: { requires: ['systemd >= 252', 'libc.so.6(GLIBC_2.38)(64bit)'] },
      build: { directory: '../native', outputs: ['tool'], depends: [] },
    });
    expect(definition.files).toHaveLength(4);
  });

  it.each<[string, string, string, string]>([
    [
      'an unknown key',
      'section: admin',
      'secton: admin',
      '5: unknown key debian.secton (did you mean section?)',
    ],
    ['a name of others', 'qubeforge-small', 'bash', '1: name: a package of ours is named qubeforge-'],
    ['a relation that is none', 'mawk | awk', 'mawk (around 3)', '8: debian.depends.1: not a relationship'],
    ['two relations in one', 'mawk | awk', '"mawk, awk"', '8: debian.depends.1: one relationship'],
    ['a set-uid mode', "'0755' }\n  - { source: conf", "'4755' }\n  - { source: conf", '20: files.0.mode'],
    ['an absolute source', 'lib/run', '/etc/shadow', '20: files.0.source: a source is a path below'],
    ['a climbing source', 'lib/run', '../../keys/x', '20: files.0.source: a source is a path below'],
    ['a climbing target', '/usr/lib/qubeforge/run', '/usr/../run', '20: files.0.target: a path in the image'],
    ['a far build directory', '../native', '../../native', '16: build.directory: a directory beside'],
    ['no origin', 'source: lib/run, ', '', '20: a file has one of source, output and bundle'],
    ['two origins', 'source: lib/run', 'output: tool, source: a', '20: a file has one of source, output'],
    ['an output that is not built', 'output: tool', 'output: toll', '22: toll is no output of build'],
    ['a program that is not bundled', 'bundle: qube, ', 'bundle: cube, ', '23: bundle does not name cube'],
    [
      'a path twice',
      '/etc/qubeforge/settings',
      '/usr/lib/qubeforge/run',
      '21: /usr/lib/qubeforge/run stands',
    ],
    [
      'a path below a file',
      '/etc/qubeforge/settings',
      '/usr/bin/qube/settings',
      '21: /usr/bin/qube/settings lies below /usr/bin/qube, which is a file',
    ],
    ['a path too long', '/etc/qubeforge/settings', `/etc/${'a'.repeat(100)}`, '21: /etc/aaa'],
    ['a description of two lines', 'A small package', '"A\\nB"', '3: description: one line'],
    [
      'a requirement that is none',
      'systemd >= 252\n    - libc',
      'systemd => 252\n    - libc',
      '12: fedora.requires.0: one requirement',
    ],
    [
      'a directory that is a file',
      '[/usr/lib/qubeforge]',
      '[/usr/bin/qube]',
      '14: /usr/bin/qube stands twice',
    ],
  ])('with %s is refused, with its line', async (_, before, after, expected) => {
    expect(OWN_YAML).toContain(before);
    const found = await mistakes(OWN_YAML.replace(before, after));
    expect(
      found.find((line) => line.startsWith(expected)),
      found.join('\n'),
    ).toBeDefined();
  });

  it('for no family is refused', async () => {
    const none = OWN_YAML.replace(/debian:[^]*build:/, 'build:');
    expect(await mistakes(none)).toEqual([
      expect.stringContaining('there is neither debian nor fedora: nothing to make it for'),
    ]);
  });

  it('with several mistakes is refused with all of them', async () => {
    const text = OWN_YAML.replace('section: admin', 'section: 7').replace('amd64', 'vax');
    expect(await mistakes(text)).toHaveLength(2);
  });
});

describe('the sources of a package', () => {
  it('have a digest that every byte and the description change, and nothing else', async () => {
    const { digest } = await sources();
    expect((await sources()).digest).toBe(digest);
    const stray = { 'native/tool': 'compiled by hand', 'native/tool.o': 'object', 'small/notes': 'x' };
    expect((await sources(stray)).digest).toBe(digest);
    const changes: Files[] = [
      { 'small/lib/run': '#!/bin/sh\nexit\n' },
      { 'native/tool.h': '/**/' },
      { 'native/new.c': '' },
      { 'small/package.yaml': OWN_YAML.replace('A small', 'Another') },
    ];
    const digests = await Promise.all(changes.map(async (change) => (await sources(change)).digest));
    const bundled = (await sources({}, { qube: 'console.log(2);\n' })).digest;
    expect(new Set([digest, bundled, ...digests]).size).toBe(changes.length + 2);
  });

  it('that are not there are all named', async () => {
    const without = Object.fromEntries(
      Object.entries(OWN_FILES).filter(([path]) => !/run$|Makefile$/.test(path)),
    );
    const own = parseOwnPackage('small/package.yaml', OWN_YAML);
    const error = await appErrorOf(() => readOwnSources(memoryPackages(without), own));
    expect(error.where?.split('\n').map((line) => line.replace(/:\d+: /, ' '))).toEqual([
      'small/package.yaml:20 there is no file lib/run below the directory of the package',
      'small/package.yaml:23 qube has not been bundled: npm run bundle',
      'small/package.yaml:16 there is no Makefile in ../native',
    ]);
  });
});

describe('a recipe with packages of ours', () => {
  const load = (template: string, files: Files = OWN_FILES): ReturnType<typeof loadRecipe> =>
    loadRecipe(memoryRecipes({ ...SMALL, template }, SMALL_FILES, memoryPackages(files)), 'template');
  const WITH = `${SMALL.template}own-packages: [qubeforge-small]\n`;

  it('gets them by name', async () => {
    const { ownPackages } = await load(WITH);
    expect(ownPackages.map(({ definition }) => definition.name)).toEqual(['qubeforge-small']);
  });

  it('has a digest that covers what they depend on, and not their sources', async () => {
    const { digest } = await load(WITH);
    expect((await load(SMALL.template)).digest).not.toBe(digest);
    expect((await load(WITH, { ...OWN_FILES, 'small/lib/run': 'x' })).digest).toBe(digest);
    const text = OWN_YAML.replace('(>= 252)', '(>= 257)');
    expect((await load(WITH, { ...OWN_FILES, 'small/package.yaml': text })).digest).not.toBe(digest);
  });

  it('is refused when one of them is not made for its family', async () => {
    const own = { ...OWN_FILES, 'small/package.yaml': OWN_YAML.replace(/debian:[^]*fedora:/, 'fedora:') };
    expect((await appErrorOf(() => load(WITH, own))).where).toContain(
      'qubeforge-small is not made for the debian family',
    );
  });

  it('is refused when there is no such package, or when it stands twice', async () => {
    const wrong = await appErrorOf(() => load(`${SMALL.template}own-packages: [qubeforge-smal]\n`));
    expect(wrong.where).toContain('there is no package qubeforge-smal (did you mean qubeforge-small?)');
    const twice = WITH.replace('[qubeforge-small]', '[qubeforge-small, qubeforge-small]');
    expect((await appErrorOf(() => load(twice))).where).toContain('own-packages has qubeforge-small twice');
  });
});

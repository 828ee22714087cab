import { describe, expect, it } from 'vitest';
import { AppError, describeError } from '../../../core/errors.ts';
import { loadBuildable, loadRecipe, type LoadedRecipe } from '../../../builder/recipe/load.ts';
import { KEY, memoryRecipes, SMALL, SMALL_FILES } from '../../support/recipes.ts';

type Recipes = Record<string, string>;

function load(changes: Recipes, name = 'template', files: Recipes = SMALL_FILES): Promise<LoadedRecipe> {
  return loadRecipe(memoryRecipes({ ...SMALL, ...changes }, files), name);
}

/** What is wrong with `template` when its text is changed so. */
async function mistakes(
  changes: Recipes,
  name = 'template',
  files: Recipes = SMALL_FILES,
): Promise<string[]> {
  const error: unknown = await load(changes, name, files).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof AppError)) throw new Error(`no AppError but ${String(error)}`);
  expect(error.exitCode).toBe(2);
  return (error.where ?? error.message).split('\n');
}

describe('loadRecipe', () => {
  it('merges what a recipe extends and fills in defaults', async () => {
    const { recipe, chain, overlays } = await load({});
    expect(chain).toEqual(['base', 'template']);
    expect(recipe).toMatchObject({
      kind: 'template',
      family: 'debian',
      architecture: 'amd64',
      toolbox: 'toolbox',
      packages: { variant: 'minbase', recommends: false, install: ['apt', 'systemd'] },
      repositories: [{ name: 'main', mirrors: ['https://mirror.example/debian'], keys: [KEY] }],
      image: { filesystem: 'ext4', size: 10 * 1024 ** 3, kernel: true },
      outputs: ['template-image'],
    });
    expect(overlays).toMatchObject([{ target: '/etc/fstab', mode: '0644', owner: 'root' }]);
    expect(Buffer.from(overlays[0]!.bytes).toString()).toBe(SMALL_FILES['files/fstab']);
  });

  it('works enabled options into repositories and packages, and only those', async () => {
    const on = SMALL.template.replace('enabled: false', 'enabled: true');
    const [without, within] = [await load({}), await load({ template: on })];
    expect(without.recipe.packages.install).not.toContain('firmware-iwlwifi');
    expect(within.recipe.packages.install).toContain('firmware-iwlwifi');
    expect(within.recipe.repositories[0]).toHaveProperty('components', ['main', 'non-free-firmware']);
    expect(without.recipe.repositories[0]).toHaveProperty('components', ['main']);
  });

  it('lets a child switch an option of its parent', async () => {
    const child =
      'name: child\nkind: template\nextends: template\noptions: { firmware: { enabled: true } }\n';
    const { recipe, chain } = await load({ child }, 'child');
    expect(chain).toEqual(['base', 'template', 'child']);
    expect(recipe.packages.install).toContain('firmware-iwlwifi');
    expect(recipe.description).toBe('');
  });

  it('names every mistake with file, line and column, in order', async () => {
    const template = `name: template
kind: template
extends: base
pakages: { install: [vim] }
image: { sise: 1GiB, size: 3GB, filesystem: ext3 }
files:
  - { source: ../secret, target: /etc/../x, mode: '999' }
  - { source: /etc/passwd, target: etc }
`;
    expect(await mistakes({ template })).toEqual([
      'recipes/template.yaml:4:1: unknown key pakages (did you mean packages?)',
      'recipes/template.yaml:5:10: unknown key image.sise (did you mean size?)',
      'recipes/template.yaml:5:28: image.size: a size is a number with B, KiB, MiB, GiB or TiB',
      'recipes/template.yaml:5:45: image.filesystem cannot be "ext3" (did you mean ext4?)',
      'recipes/template.yaml:7:15: files.0.source: a source is a path below the recipe directory: not absolute, no . or .. parts',
      'recipes/template.yaml:7:34: files.0.target: a path in the image starts with / and has no . or .. parts',
      "recipes/template.yaml:7:51: files.0.mode: a mode is four octal digits in quotes, like '0644'",
      'recipes/template.yaml:8:15: files.1.source: a source is a path below the recipe directory: not absolute, no . or .. parts',
      'recipes/template.yaml:8:36: files.1.target: a path in the image starts with / and has no . or .. parts',
    ]);
  });

  it('blames the file that wrote the mistake, not the one that inherits it', async () => {
    const base = SMALL.base.replace(KEY, 'abc').replace('apt', 'Not_A_Package');
    expect(await mistakes({ base })).toEqual([
      'recipes/base.yaml:10:12: repositories.0.keys.0: a fingerprint is all 40 (or 64) hexadecimal digits',
      'recipes/base.yaml:11:23: packages.install.0: a package name has small letters, digits, + - and dots',
    ]);
  });

  it.each<[string, Recipes, string]>([
    [
      'an unknown kind',
      { template: 'name: template\nkind: tempalte\n' },
      '2:7: kind cannot be "tempalte" (did you mean template?)',
    ],
    ['no kind', { template: 'name: template\n' }, '1:1: kind is missing'],
    [
      'no family',
      { template: 'name: template\nkind: template\n' },
      '1:1: family is missing (one of: debian, fedora)',
    ],
    [
      'another name',
      { template: 'name: tmpl\nkind: template\n' },
      '1:7: the name of this recipe has to be that of its file: template',
    ],
    ['a list', { template: '- a\n' }, '1:1: a recipe is a map of keys and values'],
    ['nothing', { template: '' }, '1:1: a recipe is a map of keys and values'],
    [
      'an alias',
      { template: 'name: template\nkind: &k template\nfamily: *k\n' },
      '3:9: recipes have no aliases (write the value out, or use extends)',
    ],
    [
      'a key twice',
      { template: 'name: template\nkind: template\nkind: base\n' },
      '3:1: this key stands twice in the same map',
    ],
    [
      'a map for a list',
      { template: `${SMALL.template}outputs: {}\n` },
      '13:10: outputs must be a list, not a map',
    ],
    [
      'no repository',
      { template: 'name: template\nkind: template\nfamily: debian\n' },
      '1:1: repositories is empty: there is nowhere to take packages from (extend a base recipe, like debian-13)',
    ],
    [
      'a toolbox that is none',
      { template: `${SMALL.template}toolbox: base\n` },
      '13:10: base is a recipe of kind base, not a toolbox',
    ],
    [
      'a toolbox that is not there',
      { template: `${SMALL.template}toolbox: box\n` },
      '13:10: there is no recipe box to take tools from',
    ],
    [
      'a package twice',
      { template: SMALL.template.replace('[systemd, apt]', '[systemd, vim, systemd]') },
      '8:27: packages.install has systemd twice',
    ],
    [
      'a unit on and off',
      { template: `${SMALL.template}system: { enable: [a.service], mask: [a.service] }\n` },
      '13:20: a.service is enabled and disabled or masked',
    ],
    [
      'too small an image',
      { template: `${SMALL.template}image: { size: 1MiB }\n` },
      '13:16: image.size is below 64 MiB: no root file system fits',
    ],
    [
      'a key named __proto__',
      { template: `${SMALL.template}__proto__: { kind: base }\n` },
      '13:1: unknown key __proto__',
    ],
  ])('refuses %s', async (_, changes, expected) => {
    const [first = ''] = await mistakes(changes);
    expect(first.startsWith(`recipes/template.yaml:${expected}`), first).toBe(true);
  });

  it('refuses a missing overlay file', async () => {
    expect(await mistakes({}, 'template', {})).toEqual([
      'recipes/template.yaml:12:15: there is no file files/fstab',
    ]);
  });

  it('refuses circles of extends and recipes that are not there', async () => {
    const a = 'name: a\nkind: base\nextends: b\n';
    const b = 'name: b\nkind: base\nextends: a\n';
    expect(await mistakes({ a, b }, 'a')).toEqual([
      'recipes/b.yaml:3:10: extends goes in a circle: a → b → a',
    ]);
    expect(await mistakes({ a: a.replace('b\n', 'bsae\n') }, 'a')).toEqual(['recipes/a.yaml:3:10']);
    const error: unknown = await load({}, 'tmplate').catch((reason: unknown) => reason);
    expect(describeError(error)).toContain('did you mean template?');
  });

  it('refuses keys that are not pinned, when it is told which are', async () => {
    const source = memoryRecipes(SMALL, SMALL_FILES);
    await expect(loadRecipe(source, 'template', { pinnedKeys: new Set() })).rejects.toMatchObject({
      where: expect.stringContaining(`recipes/base.yaml:10:12: key ${KEY} is not pinned`) as string,
    });
    await expect(loadRecipe(source, 'template', { pinnedKeys: new Set([KEY]) })).resolves.toBeDefined();
  });

  it('does not build a base', async () => {
    const source = memoryRecipes(SMALL, SMALL_FILES);
    await expect(loadBuildable(source, 'base')).rejects.toMatchObject({ code: 'recipe.base' });
    await expect(loadBuildable(source, 'toolbox')).resolves.toMatchObject({ recipe: { kind: 'toolbox' } });
  });
});

describe('the digest of a recipe', () => {
  it('changes with what decides the result', async () => {
    const { digest } = await load({});
    const others = [
      await load({ template: SMALL.template.replace('systemd', 'sysvinit-core') }),
      await load({ template: SMALL.template.replace('minbase', 'custom') }),
      await load({ template: SMALL.template.replace('enabled: false', 'enabled: true') }),
      await load({ base: SMALL.base.replace('[trixie]', '[trixie, trixie-updates]') }),
      await load({}, 'template', { 'files/fstab': 'else\n' }),
    ];
    expect(new Set([digest, ...others.map((other) => other.digest)]).size).toBe(others.length + 1);
  });

  it('does not change with texts for people, mirrors, comments and the order of keys', async () => {
    const { digest } = await load({});
    const others = [
      await load({ template: SMALL.template.replace('A template', 'Another text') }),
      await load({ base: SMALL.base.replace('mirror.example', 'other.example') }),
      await load({ template: `# a comment\n${SMALL.template}` }),
      await load({ template: SMALL.template.replace(/(name: .*\n)(kind: .*\n)/, '$2$1') }),
    ];
    expect(others.map((other) => other.digest)).toEqual(others.map(() => digest));
  });
});

describe('the source of a hypervisor', () => {
  const xen = (more: string): Recipes => ({
    xen: `name: xen\nkind: xen\nfamily: debian\ntoolbox: toolbox\n${more}`,
  });
  const upstream = (source: string): Recipes => xen(`source: ${source}\n`);
  const release = 'https://example.org/xen-4.20.0.tar.gz';

  it.each([
    `{ tarball: ${release}, signature: ${release}.sig, keys: [${KEY}] }`,
    `{ git: https://example.org/xen.git, tag: RELEASE-4.20.0, keys: [${KEY}] }`,
  ])('may be %s, without repositories and packages', async (source) => {
    const { recipe } = await load(upstream(source), 'xen');
    expect(recipe).toMatchObject({ repositories: [], source: { keys: [KEY] } });
  });

  it('is part of the digest', async () => {
    const [first, second] = await Promise.all(
      ['1', '2'].map((tag) =>
        load(upstream(`{ git: https://x.org/a, tag: '${tag}', keys: [${KEY}] }`), 'xen'),
      ),
    );
    expect(first?.digest).not.toBe(second?.digest);
  });

  it.each([
    [
      'a key that is missing',
      `{ tarball: ${release}, keys: [${KEY}] }`,
      ['5:9: source.signature is missing (give text)'],
    ],
    ['no key', `{ git: https://x.org/a, tag: '1', keys: [] }`, ['5:49: source.keys must have at least 1']],
    [
      'a mistyped name',
      `{ git: https://x.org/a, tga: v1, keys: [${KEY}] }`,
      ['5:9: source.tag is missing (give text)', '5:33: unknown key source.tga (did you mean tag?)'],
    ],
    [
      'an archive of another kind',
      `{ tarball: https://x.org/xen.zip, signature: https://x.org/s, keys: [${KEY}] }`,
      ['5:20: source.tarball: the address of a tarball ends in .tar, .tar.gz, .tgz, .tar.xz or .tar.zst'],
    ],
    [
      'a tag that is a path',
      `{ git: https://x.org/a, tag: ../x, keys: [${KEY}] }`,
      ['5:38: source.tag: the name of a tag, without refs/tags/'],
    ],
    [
      'a name that is none',
      'Xen',
      ['5:9: source: the name of a source package has small letters, digits, + - and dots'],
    ],
  ])('with %s is refused where it was written', async (_, source, expected) => {
    expect(await mistakes(upstream(source), 'xen')).toEqual(
      expected.map((line) => `recipes/xen.yaml:${line}`),
    );
  });

  it('has either a package to compare with or upstream, not both and not neither', async () => {
    const git = `source: { git: https://x.org/a, tag: v1, keys: [${KEY}] }\n`;
    expect(await mistakes(xen(`${git}packages: { install: [xen] }\n`), 'xen')).toEqual([
      'recipes/xen.yaml:6:22: packages.install: what upstream released is not compared with a package',
    ]);
    expect(await mistakes(xen('packages: {}\n'), 'xen')).toContainEqual(
      expect.stringContaining('packages.install has to name one package: the binary to compare with'),
    );
  });
});

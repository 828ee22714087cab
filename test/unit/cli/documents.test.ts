import { describe, expect, it } from 'vitest';
import { GLOBAL_OPTIONS } from '../../../builder/cli/globals.ts';
import { COMMANDS } from '../../../builder/cli/registry.ts';
import { loadBuildable } from '../../../builder/recipe/load.ts';
import { recipeFiles } from '../../../edge/recipe-files.ts';
import { projectFiles, ROOT, textOf } from '../../support/sources.ts';

const commands = textOf('docs/commands.md');

describe('docs/commands.md', () => {
  it.each(COMMANDS.map(({ name, options }) => [name, Object.keys(options)] as const))(
    'speaks of %s and its options',
    (name, options) => {
      expect(commands).toMatch(new RegExp(`^\\| \`${name}\\b`, 'm'));
      for (const option of options) expect(commands).toContain(`\`--${option}`);
    },
  );

  it('speaks of every common option, and of no command that is not there', () => {
    for (const option of Object.keys(GLOBAL_OPTIONS)) expect(commands).toContain(`\`--${option}`);
    const table = commands.slice(0, commands.indexOf('## build'));
    const told = [...table.matchAll(/^\| `(\w+)/gm)].map(([, name]) => name);
    expect(told.sort()).toEqual(COMMANDS.map(({ name }) => name).sort());
  });
});

describe('README.md', () => {
  it('starts with two commands that are there', () => {
    const readme = textOf('README.md');
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const [first, second] = readme.slice(readme.indexOf('```sh\n') + 6).split('\n');
    for (const line of [first, second]) {
      const script = /^npm ci && npm (?:run )?(\w+)/.exec(line ?? '')?.[1];
      expect(Object.keys(scripts)).toContain(script);
    }
  });

  it('names recipes that can be built', async () => {
    const source = recipeFiles([`${ROOT}/recipes`], ROOT);
    const named = [...textOf('README.md').matchAll(/qubeforge build (\S+)/g)].map(([, name]) => name ?? '');
    expect(named.length).toBeGreaterThan(0);
    for (const name of named) await expect(loadBuildable(source, name)).resolves.toBeDefined();
  });
});

describe('links in documents', () => {
  const files = projectFiles();
  const pages = files.filter((path) => path.endsWith('.md'));
  it.each(pages)('of %s lead somewhere', (page) => {
    const links = [...textOf(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link ?? '');
    const base = page.includes('/') ? page.slice(0, page.lastIndexOf('/') + 1) : '';
    const dead = links.filter((link) => {
      const path = new URL(link, `file:///${base}`).pathname.slice(1);
      return !files.some((file) => file === path || file.startsWith(`${path.replace(/\/$/, '')}/`));
    });
    expect(dead).toEqual([]);
  });
});

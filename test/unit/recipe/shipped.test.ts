import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadRecipe } from '../../../builder/recipe/load.ts';
import { recipeFiles } from '../../../edge/recipe-files.ts';

const root = join(import.meta.dirname, '../../..');
const source = recipeFiles([join(root, 'recipes')], root);
const names = await source.names();
const keys = parse(readFileSync(join(root, 'keys/keys.yaml'), 'utf8')) as { keys: { fingerprint: string }[] };
const pinnedKeys = new Set(keys.keys.map(({ fingerprint }) => fingerprint));

describe('the recipes of the project', () => {
  it('are those that the documents speak of', () => {
    expect(names).toEqual(
      expect.arrayContaining([
        'debian-13-minbase',
        'template-debian-13',
        'template-debian-13-minimal',
        'toolbox',
      ]),
    );
  });

  it.each(names)('%s is correct, and its keys are pinned', async (name) => {
    const { recipe, file } = await loadRecipe(source, name, { pinnedKeys });
    expect(recipe.name).toBe(name);
    expect(recipe.description).not.toBe('');
    expect(file).toBe(`recipes/${name}.yaml`);
  });

  it.each(names)('%s tells editors where its schema is', (name) => {
    const [first] = readFileSync(join(root, 'recipes', `${name}.yaml`), 'utf8').split('\n');
    expect(first).toBe('# yaml-language-server: $schema=../docs/schema/recipe.schema.json');
  });

  it('keep every repository of a family under the same name, for --mirror', async () => {
    const loaded = await Promise.all(names.map((name) => loadRecipe(source, name)));
    const byName = new Map(
      loaded.flatMap(({ recipe }) => recipe.repositories.map((one) => [one.name, one.keys] as const)),
    );
    for (const { recipe } of loaded) {
      for (const one of recipe.repositories) expect(one.keys).toEqual(byName.get(one.name));
    }
  });
});

describe('recipeFiles', () => {
  it('does not let an overlay leave the directory of its recipe', async () => {
    expect(await source.overlay('recipes/toolbox.yaml', '../package.json')).toBeUndefined();
    expect(await source.overlay('recipes/toolbox.yaml', 'files')).toBeUndefined();
    expect(await source.overlay('recipes/toolbox.yaml', 'files/template/fstab')).toBeInstanceOf(Buffer);
  });
});

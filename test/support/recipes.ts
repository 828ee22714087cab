import type { RecipeSource } from '../../builder/recipe/load.ts';

/** Recipes and overlay files from memory; `files` by path below the recipe directory. */
export function memoryRecipes(
  recipes: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>> = {},
): RecipeSource {
  const own = (name: string): string | undefined =>
    Object.hasOwn(recipes, name) ? recipes[name] : undefined;
  return {
    read: (name) => {
      const text = own(name);
      return Promise.resolve(text === undefined ? undefined : { file: `recipes/${name}.yaml`, text });
    },
    names: () => Promise.resolve(Object.keys(recipes).sort()),
    overlay: (_, source) => {
      const text = Object.hasOwn(files, source) ? files[source] : undefined;
      return Promise.resolve(text === undefined ? undefined : Buffer.from(text));
    },
  };
}

export const KEY = 'B8B80B5B623EAB6AD8775C45B7C5D7D6350947F8';

/** A base, a toolbox and a template on it, all correct. */
export const SMALL = {
  base: `
name: base
kind: base
family: debian
repositories:
  - name: main
    suites: [trixie]
    components: [main]
    mirrors: [https://mirror.example/debian/]
    keys: [${KEY}]
packages: { install: [apt] }
`,
  toolbox: 'name: toolbox\nkind: toolbox\nextends: base\n',
  template: `
name: template
kind: template
extends: base
description: A template
packages:
  variant: minbase
  install: [systemd, apt]
options:
  firmware: { enabled: false, components: [non-free-firmware], packages: [firmware-iwlwifi] }
files:
  - { source: files/fstab, target: /etc/fstab }
`,
} as const;

export const SMALL_FILES = { 'files/fstab': '/dev/xvda / ext4\n' } as const;

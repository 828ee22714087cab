import { posix } from 'node:path';
import type { RecipeSource } from '../../builder/recipe/load.ts';
import type { OwnPackageSource } from '../../builder/recipe/own-package/load.ts';

/** Recipes and overlay files from memory; `files` by path below the recipe directory. */
export function memoryRecipes(
  recipes: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>> = {},
  packages: OwnPackageSource = memoryPackages({}),
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
    packages,
  };
}

/** Packages of ours from memory: `files` by path, as `guest/package.yaml` and `guest/lib/rw`. */
export function memoryPackages(
  files: Readonly<Record<string, string | Uint8Array>>,
  bundles: Readonly<Record<string, string>> = {},
): OwnPackageSource {
  const bytesOf = (table: typeof files, name: string): Buffer | undefined =>
    Object.hasOwn(table, name) ? Buffer.from(table[name] as string) : undefined;
  const place = (file: string, path: string): string => posix.join(posix.dirname(file), path);
  return {
    definitions: () =>
      Promise.resolve(
        Object.keys(files)
          .filter((file) => file.endsWith('/package.yaml'))
          .sort()
          .map((file) => ({ file, text: bytesOf(files, file)?.toString('utf8') ?? '' })),
      ),
    read: (file, path) => Promise.resolve(bytesOf(files, place(file, path))),
    list: (file, directory) => {
      const below = `${place(file, directory)}/`;
      const names = Object.keys(files)
        .filter((path) => path.startsWith(below) && !path.slice(below.length).includes('/'))
        .map((path) => path.slice(below.length));
      return Promise.resolve(names.length === 0 ? undefined : names.sort());
    },
    bundle: (name) => Promise.resolve(bytesOf(bundles, name)),
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

import { readdir, readFile, realpath } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import type { OwnPackageSource } from '../builder/recipe/own-package/load.ts';
import { ifThere, shownFrom } from './local-paths.ts';

const DESCRIPTION = 'package.yaml';

/**
 * Packages of ours: `DIRECTORY/NAME/package.yaml`, with bundled programs in `bundles`. What a package takes lies
 * below `directory`; nothing leaves it, not even by a symbolic link.
 */
export function packageFiles(directory: string, bundles: string, cwd: string): OwnPackageSource {
  const shown = shownFrom(cwd);
  const within = async (file: string, path: string): Promise<string | undefined> => {
    const [base, place] = await Promise.all([
      ifThere(realpath(directory)),
      ifThere(realpath(join(dirname(resolve(cwd, file)), path))),
    ]);
    return base !== undefined && place?.startsWith(base + sep) === true ? place : undefined;
  };
  return {
    async definitions() {
      const names = (await ifThere(readdir(directory))) ?? [];
      const found = names.sort().map(async (name) => {
        const path = join(directory, name, DESCRIPTION);
        const text = await ifThere(readFile(path, 'utf8'));
        return text === undefined ? [] : [{ file: shown(path), text }];
      });
      return (await Promise.all(found)).flat();
    },
    async read(file, path) {
      const place = await within(file, path);
      return place === undefined ? undefined : ifThere(readFile(place));
    },
    async list(file, path) {
      const place = await within(file, path);
      const entries =
        place === undefined ? undefined : await ifThere(readdir(place, { withFileTypes: true }));
      return entries
        ?.filter((entry) => entry.isFile())
        .map(({ name }) => name)
        .sort();
    },
    bundle: (name) => ifThere(readFile(join(bundles, `${name}.mjs`))),
  };
}

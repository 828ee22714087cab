import { readdir, readFile, realpath } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import type { RecipeSource } from '../builder/recipe/load.ts';
import { ifThere, shownFrom } from './local-paths.ts';
import { packageFiles } from './package-files.ts';

const ENDING = '.yaml';

/**
 * Recipes from directories; the first that has a name wins. Shown paths are relative to `cwd` where they
 * lie below it. Overlay files may not leave the directory of their recipe, not even by a symbolic link. Packages
 * of ours lie in `runtime` beside the first directory, and bundled programs in `dist`.
 */
export function recipeFiles(directories: readonly string[], cwd: string): RecipeSource {
  const shown = shownFrom(cwd);
  const project = dirname(resolve(cwd, directories[0] ?? 'recipes'));
  return {
    packages: packageFiles(join(project, 'runtime'), join(project, 'dist'), cwd),
    async read(name) {
      for (const directory of directories) {
        const path = join(directory, name + ENDING);
        const text = await ifThere(readFile(path, 'utf8'));
        if (text !== undefined) return { file: shown(path), text };
      }
      return undefined;
    },
    async names() {
      const lists = await Promise.all(directories.map((directory) => ifThere(readdir(directory))));
      const stems = lists.flatMap((list) => list ?? []).filter((file) => file.endsWith(ENDING));
      return [...new Set(stems.map((file) => file.slice(0, -ENDING.length)))].sort();
    },
    async overlay(recipeFile, source) {
      const directory = dirname(resolve(cwd, recipeFile));
      const [base, path] = await Promise.all([
        realpath(directory),
        ifThere(realpath(join(directory, source))),
      ]);
      if (!path?.startsWith(base + sep)) return undefined;
      return ifThere(readFile(path));
    },
  };
}

import type { FamilyName, Locked } from './family.ts';
import type { LockedRecipe } from './plan.ts';
import type { ManifestOutput } from '../../report/manifest.ts';
import type { TreeEntry } from '../../report/tree.ts';

/** An image of one family, and the recipes that it was built with. */
export interface TraceSubject<F extends FamilyName> {
  readonly locked: Locked<F>;
  readonly recipes: ReadonlyMap<string, LockedRecipe>;
}

/** A file of an image. */
export interface TracedFile {
  /** Without a slash in front. */
  readonly path: string;
  readonly entry: TreeEntry;
  readonly image: ManifestOutput;
}

/** How a file compares with what its package ships: directories are not compared. */
export type Shipped = 'same' | 'changed' | 'directory' | 'not-shipped';

/** The same for people: the file … */
export const SHIPPED: Readonly<Record<Shipped, string>> = {
  same: 'has the bytes that the package ships',
  changed: 'was changed after unpacking, by scripts of packages or settings of the recipe',
  directory: 'is a directory of the package',
  'not-shipped': 'belongs to the package, which does not ship it: scripts made it',
};

/** What a file of a Fedora tree is to its package, as lines. */
export function shippedLines(
  {
    shipped,
    shippedAs,
    isConffile,
  }: { readonly shipped: Shipped; readonly shippedAs: string; readonly isConffile: boolean },
  file: TracedFile,
): string[] {
  return [
    `             the file ${SHIPPED[shipped]}`,
    ...(isConffile ? ['             configuration: upgrades keep local changes'] : []),
    ...(shippedAs === `/${file.path}` ? [] : [`             shipped as ${shippedAs}`]),
  ];
}

/** Of a file that no package ships: who made it, and the packages whose scripts name it. */
export function madeLines({
  by,
  scripts,
}: {
  readonly by: string;
  readonly scripts: readonly string[];
}): string[] {
  return [
    `  made by    ${by}`,
    '             no package ships it, so no signature covers it; the stages of the manifest make it again',
    ...(scripts.length === 0 ? [] : [`             scripts that name it: ${scripts.join(', ')}`]),
  ];
}

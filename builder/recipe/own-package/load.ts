import { AppError } from '../../../core/errors.ts';
import { nearest } from '../../../core/nearest.ts';
import { checkTree } from '../check.ts';
import { childOf, parseTree, type Finding, type Tree } from '../tree.ts';
import { ownPackageSchema, type OwnPackageDefinition } from './definition.ts';
import { ownPackageRules } from './rules.ts';

/** Where packages of ours come from. Methods give undefined for what is not there or lies outside. */
export interface OwnPackageSource {
  /** Every `package.yaml`, with its path as the user shall see it, in the order of paths. */
  definitions(): Promise<readonly { readonly file: string; readonly text: string }[]>;
  /** The bytes of `path`, which is relative to the directory of `file`. */
  read(file: string, path: string): Promise<Uint8Array | undefined>;
  /** Names of the files directly in `directory`, which is relative to that of `file`; sorted. */
  list(file: string, directory: string): Promise<readonly string[] | undefined>;
  /** The program that `npm run bundle` made of an entry of that name. */
  bundle(name: string): Promise<Uint8Array | undefined>;
}

/** A package of ours that a recipe installs. */
export interface OwnPackage {
  readonly definition: OwnPackageDefinition;
  /** Path of its `package.yaml`. */
  readonly file: string;
  readonly tree: Tree;
}

/**
 * Reads one `package.yaml`. Throws `own-package.invalid` (kind `recipe`) with file, line and column of each
 * mistake.
 */
export function parseOwnPackage(file: string, text: string): OwnPackage {
  const { tree, findings } = parseTree(file, text);
  if (tree === undefined || findings.length > 0) throw invalid(file, findings);
  const { value: definition, findings: deviations } = checkTree(ownPackageSchema, tree);
  if (definition === undefined) throw invalid(file, deviations);
  const wrong = ownPackageRules(definition, tree);
  if (wrong.length > 0) throw invalid(file, wrong);
  return { definition, file, tree };
}

/** The package of that name; undefined when there is none. Throws as `parseOwnPackage`. */
export async function findOwnPackage(
  source: OwnPackageSource,
  name: string,
): Promise<OwnPackage | undefined> {
  for (const { file, text } of await source.definitions()) {
    if (nameIn(file, text) === name) return parseOwnPackage(file, text);
  }
  return undefined;
}

/** What to write instead of a name that no package has. */
export async function nearestOwnPackage(source: OwnPackageSource, name: string): Promise<string> {
  const names = (await source.definitions()).flatMap(({ file, text }) => nameIn(file, text) ?? []);
  const near = nearest(name, names);
  return near === undefined ? `known: ${names.join(', ')}` : `did you mean ${near}?`;
}

function nameIn(file: string, text: string): string | undefined {
  const { tree } = parseTree(file, text);
  const name = tree === undefined ? undefined : childOf(tree, 'name');
  return name?.type === 'scalar' && typeof name.value === 'string' ? name.value : undefined;
}

/** All findings about a `package.yaml` as one failure. */
export function invalid(file: string, findings: readonly Finding[]): AppError {
  const lines = findings.map(({ place, message, hint }) => {
    const remedy = hint === undefined ? '' : ` (${hint})`;
    return `${place.file}:${place.line}:${place.column}: ${message}${remedy}`;
  });
  return new AppError({
    kind: 'recipe',
    code: 'own-package.invalid',
    what: `the description of a package has ${findings.length === 1 ? 'a mistake' : `${findings.length} mistakes`}`,
    where: lines.join('\n') || file,
    next: 'mend these places; `qubeforge schema package` prints what a package.yaml may say',
  });
}

import { dirname, posix } from 'node:path';
import { resultOf } from '../../graph/execute.ts';
import { inputOf } from '../../outputs/input-of.ts';
import type { OwnPackage } from '../../recipe/own-package/load.ts';
import type { PackageRef } from '../../stages/debian/packages.ts';
import type { OwnFormat } from '../../stages/own-package/options.ts';
import { runNodes } from './build.ts';
import { describeOwn, ownNodes } from './own-packages.ts';
import { compilersIn, type LockedRecipe } from './plan.ts';
import type { Session } from './session.ts';

/** A package that this project built, and what of its sources a file of it is. */
export interface OwnChain {
  readonly ref: PackageRef;
  readonly format: OwnFormat['format'];
  /** Digest of all its sources. */
  readonly source: string;
  /** Its `package.yaml`. */
  readonly description: string;
  /** The source of the file that was asked for, where that is a file of the package. */
  readonly from: string | undefined;
}

/**
 * The package of ours of that name in a recipe, packed again if it is not in the store, with the source of
 * `path` (absolute); undefined when the recipe has none of that name.
 */
export async function ownChain(
  session: Session,
  locked: LockedRecipe,
  recipes: ReadonlyMap<string, LockedRecipe>,
  name: string,
  path: string,
): Promise<OwnChain | undefined> {
  const described = (await describeOwn(session, locked)).find(({ entry }) => entry.name === name);
  if (described === undefined) return undefined;
  const nodes = await ownNodes(session, locked, compilersIn(recipes));
  const found = nodes.find(({ options }) => options.name === name);
  if (found === undefined) return undefined;
  const { node, options } = found;
  const results = await runNodes(session, [...recipes.values()], [node]);
  const file = inputOf({ [name]: resultOf(results, node) }, name, options.format);
  const { version, architecture, source } = described.entry;
  return {
    ref: { name, version, architecture, ...file },
    format: options.format,
    source,
    description: described.own.file,
    from: sourceOf(described.own, path),
  };
}

function sourceOf({ definition, file }: OwnPackage, path: string): string | undefined {
  const found = definition.files.find(({ target }) => target === path);
  if (found?.source !== undefined) return posix.join(dirname(file), found.source);
  if (found?.bundle !== undefined) return `the program ${found.bundle} of scripts/bundle.mjs`;
  if (found?.output === undefined) return undefined;
  return `${posix.join(dirname(file), definition.build?.directory ?? '')}, compiled`;
}

/** The chain as lines. */
export function ownChainText({ ref, format, source, description, from }: OwnChain): string[] {
  return [
    `  .${format}       ${ref.size} bytes, SHA-256 ${ref.sha256}`,
    `  built by   this project, from ${description}`,
    `             sources with the digest ${source}`,
    ...(from === undefined ? [] : [`  source     ${from}`]),
  ];
}

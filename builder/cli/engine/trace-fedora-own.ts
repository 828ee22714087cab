import { comparedWith, isConfiguration, ownedBy } from '../../report/rpm-origin.ts';
import type { OwnPackage } from '../../recipe/own-package/load.ts';
import { ownChain, ownChainText, type OwnChain } from './own-chain.ts';
import { headerOf } from './rpm-header.ts';
import type { Session } from './session.ts';
import { shippedLines, type Shipped, type TracedFile, type TraceSubject } from './traced.ts';

/** An .rpm of ours that has a file, and how the file compares with what its header says. */
export interface OwnRpmChain extends OwnChain {
  readonly shipped: Shipped;
  readonly shippedAs: string;
  readonly isConffile: boolean;
}

/**
 * The packages of ours that have a file under one of `names`, by their headers. They are packed again if they are not
 * in the store, those whose description names the file only.
 */
export async function ownRpmChains(
  session: Session,
  { locked, recipes }: TraceSubject<'fedora'>,
  names: ReadonlySet<string>,
  { entry }: TracedFile,
): Promise<OwnRpmChain[]> {
  const chains: OwnRpmChain[] = [];
  for (const { definition } of locked.loaded.ownPackages) {
    const path = pathsOf(definition).find((one) => names.has(one));
    if (path === undefined) continue;
    const chain = await ownChain(session, locked, recipes, definition.name, path);
    if (chain === undefined) continue;
    const header = await headerOf(session, chain.ref);
    const owned = ownedBy(header, names, definition.name);
    if (owned === undefined) continue;
    const shipped = comparedWith(header, owned, entry);
    chains.push({ ...chain, shipped, shippedAs: owned.path, isConffile: isConfiguration(owned) });
  }
  return chains;
}

function pathsOf({ files, links, fedora }: OwnPackage['definition']): string[] {
  const targets = files.map(({ target }) => target);
  return [...targets, ...links.map(({ path }) => path), ...(fedora?.directories ?? [])];
}

/** The chain as lines, with the package in front. */
export function ownRpmLines(chain: OwnRpmChain, file: TracedFile): string[] {
  return [
    `  package    ${chain.ref.name} ${chain.ref.version} (${chain.ref.architecture})`,
    ...shippedLines(chain, file),
    ...ownChainText(chain),
  ];
}

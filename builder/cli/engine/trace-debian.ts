import { Captured, readTree, type Tree, type TreeEntry } from '../../report/tree.ts';
import { originOf, infoPackage, type Origin } from '../../report/origin.ts';
import { openPackages, type PackageRef } from '../../stages/debian/packages.ts';
import { chainOf, chainText, type PackageChain } from './chains.ts';
import { debian } from './debian.ts';
import { ownChain, ownChainText, type OwnChain } from './own-chain.ts';
import type { Session } from './session.ts';
import { madeLines, SHIPPED, type Shipped, type TracedFile, type TraceSubject } from './traced.ts';

/** What vouches for a file of a Debian tree. */
interface DebianTrace {
  readonly origin: Origin;
  readonly packages: readonly (PackageChain & { readonly shipped: Shipped })[];
  /** Packages that this project built. */
  readonly own: readonly (OwnChain & { readonly shipped: Shipped })[];
}

/** Finds the packages of a file by dpkg's database in its tree, and proves the chain of each. */
export async function traceDebian(
  session: Session,
  { locked, recipes }: TraceSubject<'debian'>,
  { path, entry }: TracedFile,
  tree: Tree,
  captured: Captured,
): Promise<{ readonly value: DebianTrace; readonly lines: string[] }> {
  const origin = originOf(path, tree, captured.files);
  const names = origin.kind === 'package' ? origin.names : origin.kind === 'control' ? [origin.name] : [];
  const shippedBy = (ref: PackageRef): Promise<Shipped> | 'same' =>
    origin.kind === 'package' ? shippedAs(session, ref, origin.shippedAs, entry) : 'same';
  const packages = [];
  const own = [];
  for (const name of names) {
    const ours = await ownChain(session, locked, recipes, infoPackage(name), `/${path}`);
    if (ours !== undefined) {
      own.push({ ...ours, shipped: await shippedBy(ours.ref) });
      continue;
    }
    const chain = await chainOf(session, locked, name);
    const files = debian.wantedFiles(locked).filter(({ sha256 }) => sha256 === chain.locked.sha256);
    await (await session.fetcher()).fetchFiles(files);
    packages.push({ ...chain, shipped: await shippedBy(chain.locked) });
  }
  const value = { origin, packages, own };
  return { value, lines: [...originLines(origin, path), ...packageLines(value)] };
}

/** Compares a file with the one in the .deb. */
async function shippedAs(
  session: Session,
  pkg: PackageRef,
  path: string,
  entry: TreeEntry,
): Promise<Shipped> {
  if (entry.type === 'directory') return 'directory';
  const { context, ports } = session;
  const report = { id: 'trace', sink: () => undefined, signal: context.signal };
  const [stored] = await openPackages(ports, [pkg], report);
  if (stored === undefined) return 'changed';
  const data = await readTree(session.store.stream(stored.data, pkg.name), pkg.name);
  const shipped = data.get(path) ?? data.get(path.replace(/^usr\//, ''));
  const isSame =
    shipped?.type === entry.type && shipped.digest === entry.digest && shipped.link === entry.link;
  return isSame ? 'same' : 'changed';
}

function packageLines({ origin, packages, own }: DebianTrace): string[] {
  const compared = (shipped: Shipped): string[] =>
    origin.kind === 'package' ? [`             the file ${SHIPPED[shipped]}`] : [];
  return [
    ...packages.flatMap((chain) => [
      `  package    ${chain.locked.name} ${chain.locked.version} (${chain.locked.architecture})`,
      ...compared(chain.shipped),
      ...chainText(chain),
    ]),
    ...own.flatMap((chain) => [
      `  package    ${chain.ref.name} ${chain.ref.version} (${chain.ref.architecture})`,
      ...compared(chain.shipped),
      ...ownChainText(chain),
    ]),
  ];
}

function originLines(origin: Origin, path: string): string[] {
  switch (origin.kind) {
    case 'control':
      return [`  made by    dpkg, from the control archive of ${infoPackage(origin.name)}`];
    case 'made':
      return madeLines(origin);
    case 'package':
      return [
        ...(origin.isConffile ? ['  conffile   configuration: upgrades keep local changes'] : []),
        ...(origin.shippedAs === path
          ? []
          : [`  diverted   shipped as /${origin.shippedAs}, moved by ${origin.divertedBy ?? 'nobody'}`]),
      ];
  }
}

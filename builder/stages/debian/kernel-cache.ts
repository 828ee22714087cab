import { digestOf, type Sha256 } from '../../../core/digest.ts';
import { parseRelations } from '../../formats/debian-relation.ts';
import { parseSingleParagraph } from '../../formats/deb822.ts';
import type { Artifact } from '../../graph/stage.ts';
import type { Store } from '../../store/store.ts';
import type { PackageFacts } from './ingest.ts';
import type { PackageRef } from './packages.ts';

/** Raised when `kernelScript` changes what it makes. */
const VERSION = 1;

/** Paths by which a package takes part in an initrd: hooks, modules, firmware, device rules. */
const INITRD_PATHS =
  /^(usr\/share\/initramfs-tools|etc\/initramfs-tools|(usr\/)?lib\/(modules|firmware|udev|modprobe\.d)|etc\/(modprobe\.d|udev))\//;
const DEPMOD_PATHS = /^((usr\/)?lib\/(modules|depmod\.d)|etc\/depmod\.d)\//;

/** Programs that mkinitramfs or a hook uses when they are there, without a dependency on them. */
const OPTIONAL_TOOLS = new Set([
  ...['busybox', 'busybox-static', 'zstd', 'pigz', 'gzip', 'lz4', 'lzop', 'xz-utils', 'bzip2'],
  ...['e2fsprogs', 'btrfs-progs', 'xfsprogs', 'dosfstools', 'f2fs-tools', 'cryptsetup-bin', 'lvm2', 'mdadm'],
  ...['kbd', 'console-setup', 'keyboard-configuration', 'plymouth', 'kmod', 'cpio', 'coreutils', 'dash'],
]);

/** A package with all that a key is made of. */
export interface KernelPackage {
  readonly ref: PackageRef;
  readonly facts: Pick<PackageFacts, 'name' | 'status' | 'paths'>;
}

/** Where the former results of one tree's kernels are kept: a result's file name gives its blob. */
export interface KernelCache {
  readonly depmod: Sha256;
  readonly initrd: Sha256;
}

/**
 * The keys under which results are kept. That of depmod is made of the packages that ship modules or its
 * settings; that of the initrd of all packages with a part in it and what these depend on.
 */
export function kernelCache(packages: readonly KernelPackage[], epoch: number): KernelCache {
  const ships = (paths: RegExp): KernelPackage[] =>
    packages.filter(({ facts }) => facts.name === 'kmod' || facts.paths.some((path) => paths.test(path)));
  const tools = packages.filter(({ facts }) => OPTIONAL_TOOLS.has(facts.name));
  const initrd = closure(packages, [...ships(INITRD_PATHS), ...tools]);
  const key = (kind: string, parts: readonly KernelPackage[]): Sha256 =>
    digestOf({ kind, version: VERSION, packages: parts.map(({ ref }) => ref.sha256).sort(), epoch });
  return { depmod: key('depmod', ships(DEPMOD_PATHS)), initrd: key('initrd', initrd) };
}

/** The packages that `roots` can call: every alternative of every dependency that is installed. */
function closure(packages: readonly KernelPackage[], roots: readonly KernelPackage[]): KernelPackage[] {
  const byName = new Map(packages.map((pkg) => [pkg.facts.name, pkg]));
  const found = new Set<KernelPackage>();
  const pending = [...roots];
  for (let pkg = pending.pop(); pkg !== undefined; pkg = pending.pop()) {
    if (found.has(pkg)) continue;
    found.add(pkg);
    pending.push(...dependenciesOf(pkg).flatMap((name) => byName.get(name) ?? []));
  }
  return [...found];
}

function dependenciesOf({ facts }: KernelPackage): string[] {
  const control = parseSingleParagraph(facts.status, facts.name);
  return ['pre-depends', 'depends']
    .flatMap((field) => parseRelations(control.get(field) ?? '', `${facts.name}: ${field}`).flat())
    .map(({ name }) => name);
}

/** Former results under a key, by file name. */
export async function formerResults(store: Store, key: Sha256): Promise<Record<string, Artifact>> {
  const record = await store.stage(key);
  return (record?.outputs ?? {}) as Record<string, Artifact>;
}

/** Adds results to those kept under a key. */
export async function rememberResults(
  store: Store,
  key: Sha256,
  results: Readonly<Record<string, Artifact>>,
): Promise<void> {
  if (Object.keys(results).length === 0) return;
  const all = { ...(await formerResults(store, key)), ...results };
  await store.putStage(key, { blobs: Object.values(all), outputs: all });
}

import { digestOf, type Sha256 } from '../../../core/digest.ts';
import { parseRelations } from '../../formats/debian-relation.ts';
import { parseSingleParagraph } from '../../formats/deb822.ts';
import type { ResultKeys } from '../kept-results.ts';
import type { PackageFacts } from './ingest.ts';
import type { PackageRef } from './packages.ts';

/** Raised when `result-scripts.ts` changes what it makes. */
const VERSION = 3;

/** Programs that mkinitramfs or a hook uses when they are there, without a dependency on them. */
const OPTIONAL_TOOLS = new Set([
  ...['busybox', 'busybox-static', 'zstd', 'pigz', 'gzip', 'lz4', 'lzop', 'xz-utils', 'bzip2'],
  ...['e2fsprogs', 'btrfs-progs', 'xfsprogs', 'dosfstools', 'f2fs-tools', 'cryptsetup-bin', 'lvm2', 'mdadm'],
  ...['kbd', 'console-setup', 'keyboard-configuration', 'plymouth', 'kmod', 'cpio', 'coreutils', 'dash'],
]);

/** Which packages take part in a result, before those that they depend on: by name, or by a path of theirs. */
interface Parts {
  readonly names: ReadonlySet<string>;
  readonly paths: RegExp;
  /** Whether the result holds SOURCE_DATE_EPOCH. */
  readonly dated?: boolean;
}

/** Slow results of maintainer scripts that depend on few packages, so that most rebuilds can take them over. */
const RESULTS = {
  depmod: { names: new Set(['kmod']), paths: /^((usr\/)?lib\/(modules|depmod\.d)|etc\/depmod\.d)\// },
  // Hooks, modules, firmware, device rules.
  initrd: {
    names: OPTIONAL_TOOLS,
    paths:
      /^(usr\/share\/initramfs-tools|etc\/initramfs-tools|(usr\/)?lib\/(modules|firmware|udev|modprobe\.d)|etc\/(modprobe\.d|udev))\//,
    dated: true,
  },
  certificates: {
    names: new Set(['ca-certificates', 'openssl']),
    paths: /^(usr\/share\/ca-certificates|etc\/ssl)\//,
  },
  bytecode: { names: new Set(), paths: /^usr\/(lib\/python3\.\d+\/|bin\/python3\.\d+$)/ },
  hwdb: { names: new Set(['udev']), paths: /^((usr\/)?lib|etc)\/udev\/hwdb\.d\// },
} as const satisfies Record<string, Parts>;

type ResultKind = keyof typeof RESULTS;

/** A package with all that a key is made of. */
export interface KeyPackage {
  readonly ref: PackageRef;
  readonly facts: Pick<PackageFacts, 'name' | 'status' | 'paths'>;
}

/** Keys made of the packages that take part in a result, and of all that these depend on. */
export function resultKeys(packages: readonly KeyPackage[], epoch: number): ResultKeys {
  const key = (kind: ResultKind): Sha256 => {
    const { names, paths, dated }: Parts = RESULTS[kind];
    const roots = packages.filter(
      ({ facts }) => names.has(facts.name) || facts.paths.some((path) => paths.test(path)),
    );
    const parts = closure(packages, roots).map(({ ref }) => ref.sha256);
    return digestOf({ kind, version: VERSION, packages: parts.sort(), ...(dated && { epoch }) });
  };
  return Object.fromEntries((Object.keys(RESULTS) as ResultKind[]).map((kind) => [kind, key(kind)]));
}

/** The packages that `roots` can call: every alternative of every dependency that is installed. */
function closure(packages: readonly KeyPackage[], roots: readonly KeyPackage[]): KeyPackage[] {
  const byName = new Map(packages.map((pkg) => [pkg.facts.name, pkg]));
  const found = new Set<KeyPackage>();
  const pending = [...roots];
  for (let pkg = pending.pop(); pkg !== undefined; pkg = pending.pop()) {
    if (found.has(pkg)) continue;
    found.add(pkg);
    pending.push(...dependenciesOf(pkg).flatMap((name) => byName.get(name) ?? []));
  }
  return [...found];
}

function dependenciesOf({ facts }: KeyPackage): string[] {
  const control = parseSingleParagraph(facts.status, facts.name);
  return ['pre-depends', 'depends']
    .flatMap((field) => parseRelations(control.get(field) ?? '', `${facts.name}: ${field}`).flat())
    .map(({ name }) => name);
}

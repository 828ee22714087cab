/** Where a file of a Fedora tree comes from, by the signed headers of its packages. */
import { GHOST, readFiles, type RpmFile } from '../formats/rpm/files.ts';
import type { RpmHeader } from '../formats/rpm/header.ts';
import { TAG } from '../formats/rpm/tags.ts';
import { locateIn } from './origin.ts';
import type { Tree, TreeEntry } from './tree.ts';

/**
 * The names, absolute, that packages may have for a path: `/bin/sh` is `/usr/bin/sh` where /bin is a symlink.
 * `path` is one without symlinks on the way.
 */
export function namesOf(tree: Tree, path: string): Set<string> {
  const names = new Set([`/${path}`]);
  for (const [link, { type }] of tree) {
    if (type !== 'symlink') continue;
    const target = locateIn(tree, `${link}/.`);
    if (target === undefined || !path.startsWith(`${target}/`)) continue;
    names.add(`/${link}${path.slice(target.length)}`);
  }
  return names;
}

/** The entry of a package for one of these names. */
export function ownedBy(header: RpmHeader, names: ReadonlySet<string>, where: string): RpmFile | undefined {
  return readFiles(header, where).find(({ path }) => names.has(path));
}

/** RPMFILE_CONFIG. */
const CONFIG = 1;

export function isConfiguration({ flags }: RpmFile): boolean {
  return (flags & CONFIG) !== 0;
}

/** PGPHASHALGO_SHA256: what file digests are by, in every Fedora that is still supported. */
const SHA256 = 8;

/** How a file of a tree compares with what the header of its package says about it. */
export function comparedWith(
  header: RpmHeader,
  file: RpmFile,
  entry: TreeEntry,
): 'same' | 'changed' | 'directory' | 'not-shipped' {
  if (entry.type === 'directory') return 'directory';
  if ((file.flags & GHOST) !== 0) return 'not-shipped';
  if (entry.type === 'symlink') return entry.link === file.linkTarget ? 'same' : 'changed';
  const isComparable = header.number(TAG.fileDigestAlgorithm) === SHA256;
  return isComparable && entry.digest === file.digest ? 'same' : 'changed';
}

const SCRIPTS = [
  ...[TAG.preInstall, TAG.postInstall, TAG.preTransaction, TAG.postTransaction],
  ...[TAG.triggerScripts, TAG.fileTriggerScripts, TAG.transactionFileTriggerScripts],
];

/** Whether a script of a package names a path. */
export function mentions(header: RpmHeader, path: string): boolean {
  return SCRIPTS.some((tag) => header.strings(tag).some((script) => script.includes(path)));
}

/** What makes files that no package ships; the first that matches. */
const MAKERS: readonly (readonly [RegExp, string])[] = [
  [/^usr\/lib\/sysimage\/rpm\//, "rpm's own database, written when the packages were installed"],
  [/^boot\/initramfs/, "the tree's own dracut, from the kernel and the packages of this tree"],
  [/^boot\/vmlinuz/, 'the build, which copies the kernel of the package in /usr/lib/modules'],
  [/^usr\/lib\/modules\/[^/]+\/modules\./, 'depmod, from the modules of the kernel package'],
  [/^(etc|var\/lib)\/alternatives\//, 'update-alternatives, called by the scripts of packages'],
  [/^etc\/(hostname|hosts|locale\.conf|localtime)$/, 'the settings of the recipe (system)'],
  [
    /^etc\/(passwd|group|shadow|gshadow|subuid|subgid)-?$/,
    'systemd-sysusers and scripts, for accounts of packages, and the users of the recipe',
  ],
  [
    /^etc\/systemd\/system\/.*\.(wants|requires)\//,
    'systemctl: presets applied by scripts of packages, or the settings of the recipe',
  ],
  [/^etc\/ld\.so\.cache$/, 'ldconfig, when libraries were installed'],
  [/^etc\/machine-id$/, 'the build, which empties it: systemd makes an identity at the first start'],
  [/^home\//, 'the users of the recipe'],
];

/** Who makes a path that no package has. */
export function rpmMaker(path: string): string {
  const known = MAKERS.find(([paths]) => paths.test(path))?.[1];
  return known ?? 'scripts of packages, when these were installed';
}

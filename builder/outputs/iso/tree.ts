import type { Artifact } from '../../graph/stage.ts';

/** Where what lies on the medium; the live system and the installer look there. */
export const PATHS = {
  grubConfig: 'boot/grub/grub.cfg',
  grubVariables: 'boot/grub/medium.cfg',
  bios: 'boot/grub/bios.img',
  esp: 'boot/esp.img',
  xen: 'boot/xen.gz',
  kernel: 'boot/vmlinuz',
  initrd: 'boot/initrd.img',
  dom0: 'live/dom0.squashfs',
  layer: 'live/installer.squashfs',
  manifest: 'manifest.json',
  signature: 'manifest.json.asc',
  key: 'release-key.asc',
  sums: 'SHA256SUMS',
} as const;

/** The files of a medium: path below its root, and bytes in the store. */
export type MediumTree = Readonly<Record<string, Artifact>>;

/** Paths in the order in which every list of them stands. */
export function sortedPaths(tree: MediumTree): string[] {
  return Object.keys(tree).sort();
}

/**
 * The lines of SHA256SUMS, as sha256sum(1) reads them: every file but the list itself and the one file that has
 * the digest of the list.
 */
export function checksumList(tree: MediumTree): string {
  return sortedPaths(tree)
    .filter((path) => path !== PATHS.sums && path !== PATHS.grubVariables)
    .map((path) => `${String(tree[path]?.sha256)}  ${path}\n`)
    .join('');
}

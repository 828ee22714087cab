import { PATHS } from './tree.ts';

export interface IsoSettings {
  /** Volume label (ISO 9660 §8.4.7): capitals, digits and underscores. */
  readonly label: string;
  /** SOURCE_DATE_EPOCH, seconds since 1970. */
  readonly epoch: number;
}

/**
 * xorriso's arguments for the tree in the current directory: ISO 9660 with Rock Ridge, El Torito for BIOS and
 * UEFI, a boot sector and a GPT for sticks. xorriso takes dates, the volume's id and the GPT's from the epoch.
 */
export function xorrisoArguments({ label, epoch }: IsoSettings, mbr: string, target: string): string[] {
  return [
    ...['xorriso', '-no_rc', '-report_about', 'WARNING', '-as', 'mkisofs'],
    ...['-quiet', '-r', '-f', '-iso-level', '3', '-V', label, '-publisher', 'Qubeforge'],
    `--modification-date=${isoDate(epoch)}`,
    ...['--set_all_file_dates', isoDate(epoch)],
    ...['-b', PATHS.bios, '-c', 'boot/boot.cat', '-no-emul-boot', '-boot-load-size', '4'],
    ...['-boot-info-table', '--grub2-boot-info', '--grub2-mbr', mbr],
    ...['-eltorito-alt-boot', '-e', PATHS.esp, '-no-emul-boot'],
    ...['-efi-boot-part', '--efi-boot-image', '--protective-msdos-label'],
    // The BIOS image first: what xorriso writes into it, its place, must not depend on the other files.
    ...['--sort-weight', '3', PATHS.bios, '--sort-weight', '2', PATHS.esp],
    ...['-o', target, '.'],
  ];
}

/**
 * Shell commands that lay out the tree below `root` as links: `/in/tree/N` becomes the N-th path. Paths are our
 * own names, of letters, digits, dots, hyphens and slashes.
 */
export function treeCommands(paths: readonly string[], root: string): string {
  const directories = new Set(paths.map((path) => path.slice(0, Math.max(0, path.lastIndexOf('/')))));
  return [
    `mkdir -p ${[...directories].map((path) => `${root}/${path}`).join(' ')}`,
    ...paths.map((path, index) => `ln -s /in/tree/${String(index).padStart(5, '0')} ${root}/${path}`),
  ].join('\n');
}

/** `YYYYMMDDhhmmsscc`, as xorriso takes dates, in UTC. */
function isoDate(epoch: number): string {
  return `${new Date(epoch * 1000).toISOString().replace(/\D/g, '').slice(0, 14)}00`;
}

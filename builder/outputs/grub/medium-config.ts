import { DOM0_CONSOLES, LINUX_CONSOLES, XEN_CONSOLES, XEN_OPTIONS } from './options.ts';

/** What the live system does; `scripts/qubeforge-live` and `live-console` read it. */
export type Mode = 'install' | 'report' | 'verify' | 'rescue';

/** One entry of the medium's menu. */
export interface Entry {
  readonly mode: Mode;
  readonly title: string;
  /** Not `c`, `e` or `v`: those are GRUB's own, for its command line, its editor and the next entry. */
  readonly hotkey: string;
  /** Under Xen, as dom0; else the kernel alone. */
  readonly xen: boolean;
}

/** The menu, in order; the first entry is the default. */
export const MEDIUM_ENTRIES: readonly Entry[] = [
  { mode: 'install', title: 'Install Qubeforge', hotkey: 'i', xen: true },
  { mode: 'report', title: 'Check this hardware (without Xen)', hotkey: 'h', xen: false },
  { mode: 'verify', title: 'Verify this medium', hotkey: 'm', xen: false },
  { mode: 'rescue', title: 'Rescue shell (without Xen)', hotkey: 'r', xen: false },
];

/** The file that tells GRUB, and through it the initrd, which SHA256SUMS is the right one. */
export function mediumVariables(label: string, sumsDigest: string): string {
  return `# Read by grub.cfg.\nset label=${label}\nset sums=${sumsDigest}\n`;
}

/**
 * grub.cfg of the medium (GRUB manual §6). It names no digest, so that SHA256SUMS can have its own; that of
 * SHA256SUMS is in medium.cfg. The fifth entry reads it again with the serial console switched on.
 */
export function mediumConfig(entries: readonly Entry[] = MEDIUM_ENTRIES): string {
  const [first] = entries;
  return `# Qubeforge: boot menu of the medium.
source /boot/grub/medium.cfg

# The menu is on the screen and, where there is one, on the first serial port.
if serial --unit=0 --speed=115200; then
  terminal_input console serial
  terminal_output console serial
fi

${consoleVariables()}

${XEN_OPTIONS.map(({ option, reason }) => `# ${option}: ${reason}`).join('\n')}
set xen_options="${XEN_OPTIONS.map(({ option }) => option).join(' ')}"
set live="boot=qubeforge-live qubeforge.label=$label qubeforge.sums=$sums"

set default=${first?.mode ?? ''}
set timeout=15

${entries.map(menuEntry).join('\n')}
menuentry "Switch to the serial console (115200 8n1)" --id serial --hotkey=s {
  set qubeforge_console=serial
  export qubeforge_console
  configfile /boot/grub/grub.cfg
}
`;
}

function consoleVariables(): string {
  const lines = (kind: 'screen' | 'serial'): string =>
    [
      `  set xen_console="${XEN_CONSOLES[kind]}"`,
      `  set dom0_console="${DOM0_CONSOLES[kind]}"`,
      `  set linux_console="${LINUX_CONSOLES[kind]}"`,
    ].join('\n');
  return [
    `if [ "$qubeforge_console" = serial ]; then`,
    lines('serial'),
    `  set where=" [serial console]"`,
    `else`,
    lines('screen'),
    `fi`,
  ].join('\n');
}

function menuEntry({ mode, title, hotkey, xen }: Entry): string {
  const kernel = `/boot/vmlinuz $live qubeforge.mode=${mode}`;
  const commands = xen
    ? [
        `multiboot2 /boot/xen.gz $xen_options $xen_console`,
        `module2 ${kernel} $dom0_console`,
        `module2 --nounzip /boot/initrd.img`,
      ]
    : [`linux ${kernel} $linux_console`, `initrd /boot/initrd.img`];
  return [
    `menuentry "${title}$where" --id ${mode} --hotkey=${hotkey} {`,
    ...commands.map((line) => `  ${line}`),
    `}`,
  ].join('\n');
}

/** What BOOTX64.EFI runs first: it was loaded from the ESP, and the menu is on the medium. */
export function efiEarlyConfig(label: string): string {
  return `search --no-floppy --set=root --label ${label}\nset prefix=($root)/boot/grub\n`;
}

/** A word of a command line with the reason why it stands there; reasons become comments in grub.cfg. */
export interface Option {
  readonly option: string;
  readonly reason: string;
}

/** Where a started system prints and listens: on the screen, or on the first serial port as well. */
export type ConsoleKind = 'screen' | 'serial';

/**
 * Xen's command line on the medium. The installed system adds `iommu=required`; the medium has to start on any
 * machine, to say what is missing there.
 */
export const XEN_OPTIONS: readonly Option[] = [
  { option: 'dom0_mem=max:4096M', reason: 'no more than the installer needs, whatever the machine has' },
  { option: 'ucode=scan', reason: 'processor microcode from the initrd, before anything else runs' },
  { option: 'smt=off', reason: 'two qubes on one core read from each other' },
  { option: 'gnttab_max_frames=2048', reason: 'the default 64 is too few for qubes with windows and disks' },
  { option: 'gnttab_max_maptrack_frames=4096', reason: 'likewise, for the side that maps the pages' },
];

export const XEN_CONSOLES: Readonly<Record<ConsoleKind, string>> = {
  screen: 'console=vga',
  serial: 'com1=115200,8n1 console=com1,vga',
};

/** Of dom0's kernel; the last console is the one that the installer starts on. */
export const DOM0_CONSOLES: Readonly<Record<ConsoleKind, string>> = {
  screen: 'console=tty0',
  serial: 'console=tty0 console=hvc0',
};

/** Of a kernel without Xen. */
export const LINUX_CONSOLES: Readonly<Record<ConsoleKind, string>> = {
  screen: 'console=tty0',
  serial: 'console=tty0 console=ttyS0,115200',
};

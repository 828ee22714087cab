import { GIB, MIB } from '../../core/bytes.ts';
import { type Context } from './context.ts';
import { dom0Controllers } from './devices.ts';

/** dom0's memory in MiB: fixed, so that nothing has to balance it. A third of a small machine. */
export function dom0Memory(memoryBytes: number | undefined): number {
  if (memoryBytes === undefined || memoryBytes >= 12 * GIB) return 4096;
  return Math.max(1024, Math.floor(memoryBytes / 3 / MIB / 128) * 128);
}

/** Options of the hypervisor; each has its reason in docs/installer.md. */
export function xenOptions({ answers, hardware }: Context): readonly string[] {
  const memory = dom0Memory(hardware.memoryBytes);
  const serial = answers.boot.console === 'serial';
  return [
    ...(serial ? ['console=com1,vga', 'com1=115200,8n1'] : ['console=none']),
    `dom0_mem=${memory}M,max:${memory}M`,
    'ucode=scan',
    'smt=off',
    'gnttab_max_frames=2048',
    'gnttab_max_maptrack_frames=4096',
    ...(answers.overrides.includes('iommu') ? [] : ['iommu=required']),
    ...answers.boot['xen-options'],
  ];
}

/** Options of dom0's kernel. Its initrd keeps network and USB devices from dom0's drivers, but for these. */
export function kernelOptions(context: Context): readonly string[] {
  const kept = dom0Controllers(context);
  return [
    ...(context.answers.boot.console === 'serial' ? ['console=tty0', 'console=hvc0'] : ['quiet']),
    ...(kept.length === 0 ? [] : [`qubeforge.keep=${kept.join(',')}`]),
    ...context.answers.boot['kernel-options'],
  ];
}

/** What GRUB and Xen's toolstack read. */
export function bootFiles(context: Context): readonly { readonly path: string; readonly text: string }[] {
  const serial = context.answers.boot.console === 'serial';
  const grub = [
    '# Written by the Qubeforge installer.',
    'GRUB_DISTRIBUTOR="Qubeforge"',
    'GRUB_DEFAULT=0',
    'GRUB_TIMEOUT=3',
    'GRUB_DISABLE_OS_PROBER=true',
    'GRUB_DISABLE_RECOVERY=true',
    'GRUB_CMDLINE_LINUX_DEFAULT=""',
    `GRUB_CMDLINE_LINUX="${kernelOptions(context).join(' ')}"`,
    'GRUB_CMDLINE_XEN_DEFAULT=""',
    `GRUB_CMDLINE_XEN="${xenOptions(context).join(' ')}"`,
    ...(serial
      ? ['GRUB_TERMINAL="console serial"', 'GRUB_SERIAL_COMMAND="serial --unit=0 --speed=115200"']
      : []),
  ];
  return [
    { path: '/etc/default/grub', text: `${grub.join('\n')}\n` },
    { path: '/etc/xen/xl.conf', text: 'autoballoon="off"\n' },
  ];
}

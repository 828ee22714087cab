import { type Source } from '../../../installer/probe/source.ts';
import { LSBLK } from '../../../installer/probe/disks.ts';
import { dmar, drhd } from './tables.ts';

/** A machine as data: what stands in files and what commands say. */
export interface FakeMachine {
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly links?: Readonly<Record<string, string>>;
  readonly commands?: Readonly<Record<string, string>>;
  /** `path offset` → bytes. */
  readonly registers?: Readonly<Record<string, Uint8Array>>;
  readonly now?: number;
}

/** A source over a fake machine; folders are those of its files and links. */
export function fakeSource(fake: FakeMachine): Source {
  const names = [...Object.keys(fake.files ?? {}), ...Object.keys(fake.links ?? {})];
  return {
    read: (path) => {
      const value = fake.files?.[path];
      return Promise.resolve(typeof value === 'string' ? new TextEncoder().encode(value) : value);
    },
    readAt: (path, offset, length) => {
      const value = fake.registers?.[`${path} ${offset}`];
      return Promise.resolve(value?.length === length ? value : undefined);
    },
    list: (path) => {
      const below = names.flatMap((name) =>
        name.startsWith(`${path}/`) ? [name.slice(path.length + 1).split('/')[0] ?? ''] : [],
      );
      return Promise.resolve(
        below.length === 0 ? undefined : [...new Set(below)].filter((name) => name !== '').sort(),
      );
    },
    real: (path) => Promise.resolve(fake.links?.[path]),
    run: (argv) => Promise.resolve(fake.commands?.[argv.join(' ')]),
    now: () => Promise.resolve(fake.now ?? Date.UTC(2026, 0, 1)),
  };
}

export interface FakeDisk {
  readonly name: string;
  readonly size: number;
  readonly serial?: string;
  readonly model?: string;
  readonly sector?: number;
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** The output of `lsblk --json` for these disks. */
export function lsblk(disks: readonly FakeDisk[]): string {
  return JSON.stringify({
    blockdevices: disks.map((disk) => ({
      name: disk.name,
      path: `/dev/${disk.name}`,
      type: 'disk',
      size: disk.size,
      model: disk.model ?? 'QEMU HARDDISK',
      serial: disk.serial ?? null,
      tran: null,
      ro: false,
      rm: false,
      rota: false,
      'log-sec': disk.sector ?? 512,
      pttype: null,
      fstype: null,
      label: null,
      parttype: null,
      partlabel: null,
      mountpoints: [null],
      ...disk.extra,
    })),
  });
}

const PCI = '/sys/bus/pci/devices';

/** A laptop with everything in order, seen without Xen. */
export const GOOD_BARE: FakeMachine = {
  files: {
    '/proc/cpuinfo':
      'vendor_id\t: GenuineIntel\nmodel name\t: Intel(R) Core(TM) i7\nflags\t\t: fpu vme vmx ept\n\nvendor_id\t: x\n',
    '/proc/meminfo': 'MemTotal:       32582348 kB\nMemFree: 1 kB\n',
    '/sys/firmware/acpi/tables/DMAR': dmar(1, drhd(0xfed90000n)),
    '/sys/firmware/efi/fw_platform_size': '64',
    '/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c': new Uint8Array([
      6, 0, 0, 0, 0,
    ]),
    '/sys/class/tpm/tpm0/tpm_version_major': '2\n',
    '/sys/class/dmi/id/sys_vendor': 'LENOVO\n',
    '/sys/class/dmi/id/product_name': '20XX\n',
    '/sys/class/dmi/id/bios_vendor': 'LENOVO\n',
    '/sys/class/dmi/id/bios_version': 'N32ET1\n',
    [`${PCI}/0000:00:14.0/class`]: '0x0c0330',
    [`${PCI}/0000:00:14.0/vendor`]: '0x8086',
    [`${PCI}/0000:00:14.0/device`]: '0xa0ed',
    [`${PCI}/0000:00:14.0/reset_method`]: 'pm bus\n',
    [`${PCI}/0000:01:00.0/class`]: '0x0c0330',
    [`${PCI}/0000:01:00.0/vendor`]: '0x1b21',
    [`${PCI}/0000:01:00.0/device`]: '0x2142',
    [`${PCI}/0000:01:00.0/reset_method`]: 'flr\n',
    [`${PCI}/0000:00:14.3/class`]: '0x028000',
    [`${PCI}/0000:00:14.3/vendor`]: '0x8086',
    [`${PCI}/0000:00:14.3/device`]: '0xa0f0',
    [`${PCI}/0000:00:14.3/reset_method`]: 'flr pm\n',
    '/proc/bus/input/devices': [
      'I: Bus=0011 Vendor=0001 Product=0001 Version=ab41',
      'N: Name="AT Translated Set 2 keyboard"',
      'S: Sysfs=/devices/platform/i8042/serio0/input/input3',
      'B: EV=120013',
      'B: KEY=402000000 3803078f800d001 feffffdfffefffff fffffffffffffffe',
      '',
      'I: Bus=0019 Vendor=0000 Product=0005 Version=0000',
      'N: Name="Lid Switch"',
      'B: EV=21',
    ].join('\n'),
  },
  links: {
    [`${PCI}/0000:00:14.0/iommu_group`]: '/sys/kernel/iommu_groups/4',
    [`${PCI}/0000:00:14.3/iommu_group`]: '/sys/kernel/iommu_groups/5',
    [`${PCI}/0000:01:00.0/iommu_group`]: '/sys/kernel/iommu_groups/6',
    '/sys/block/nvme0n1': '/sys/devices/pci0000:00/0000:00:1d.0/nvme/nvme0/nvme0n1',
    '/sys/class/iommu/dmar0': '/sys/devices/virtual/iommu/dmar0',
  },
  commands: {
    [LSBLK.join(' ')]: lsblk([
      { name: 'nvme0n1', size: 512_110_190_592, serial: 'S4DISK', model: 'Samsung' },
    ]),
  },
};

/** The same machine through Xen. */
export const GOOD_XEN: FakeMachine = {
  ...GOOD_BARE,
  files: {
    ...GOOD_BARE.files,
    '/proc/xen/capabilities': 'control_d\n',
    '/proc/cpuinfo':
      'vendor_id\t: GenuineIntel\nmodel name\t: Intel(R) Core(TM) i7\nflags\t\t: fpu hypervisor\n',
    '/proc/meminfo': 'MemTotal:       4012348 kB\n',
  },
  commands: {
    ...GOOD_BARE.commands,
    'xl info':
      'total_memory           : 32541\nvirt_caps              : pv hvm hap hvm_directio pv_directio\n',
    'xl dmesg': [
      '(XEN) Xen version 4.20.3 (Debian)',
      '(XEN) [    2.1] Intel VT-d iommu 0 supported page sizes: 4kB',
      '(XEN) I/O virtualisation enabled',
      '(XEN) Interrupt remapping enabled',
      '(XEN) HVM: Hardware Assisted Paging (HAP) detected',
    ].join('\n'),
  },
};

/** `base` with parts replaced; an undefined part is taken away. */
export function vary(
  base: FakeMachine,
  change: {
    files?: Record<string, string | Uint8Array | undefined>;
    commands?: Record<string, string | undefined>;
    links?: Record<string, string | undefined>;
    registers?: Record<string, Uint8Array>;
    now?: number;
  },
): FakeMachine {
  const merge = <T>(one: Readonly<Record<string, T>> = {}, two: Record<string, T | undefined> = {}) =>
    Object.fromEntries(
      Object.entries({ ...one, ...two }).filter((pair): pair is [string, T] => pair[1] !== undefined),
    );
  return {
    ...base,
    files: merge(base.files, change.files),
    commands: merge(base.commands, change.commands),
    links: merge(base.links, change.links),
    ...(change.registers === undefined ? {} : { registers: change.registers }),
    ...(change.now === undefined ? {} : { now: change.now }),
  };
}

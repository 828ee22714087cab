import { describe, expect, it } from 'vitest';
import { blockers, CHECKS } from '../../../installer/checks/registry.ts';
import { showFindings, verdict } from '../../../installer/checks/show.ts';
import { judged } from './judged.ts';
import { GOOD_BARE, GOOD_XEN, vary, type FakeMachine } from './machines.ts';
import { dmar, drhd, IOAPIC_ENTRY, ivhd, ivrs } from './tables.ts';

const TABLES = '/sys/firmware/acpi/tables';
const cpuinfo = (vendor: string, flags: string) =>
  `vendor_id\t: ${vendor}\nmodel name\t: CPU\nflags\t\t: fpu ${flags}\n`;
const withLog = (log: string, caps = 'pv hvm hap') =>
  vary(GOOD_XEN, {
    commands: { 'xl info': `total_memory : 32541\nvirt_caps : ${caps}\n`, 'xl dmesg': log },
  });

describe('a machine with everything in order', () => {
  it.each([
    ['bare', GOOD_BARE],
    ['xen', GOOD_XEN],
  ] as const)('passes, seen by %s', async (environment, machine) => {
    const { hardware, findings, blocked } = await judged(machine);
    expect(hardware.environment).toBe(environment);
    expect(findings.filter((finding) => finding.level !== 'ok')).toEqual([]);
    expect(blocked).toEqual([]);
    expect(verdict(hardware, findings)).toMatch(/^This machine can run the system/);
  });

  it('has memory from the hypervisor, not from dom0', async () => {
    expect((await judged(GOOD_XEN)).hardware.memoryBytes).toBe(32541 * 1024 * 1024);
  });
});

describe('virtualisation', () => {
  it.each<[string, FakeMachine, string]>([
    ['absent', vary(GOOD_BARE, { files: { '/proc/cpuinfo': cpuinfo('GenuineIntel', '') } }), 'block no'],
    [
      'hidden by the kernel, shown by CPUID',
      vary(GOOD_BARE, {
        files: { '/proc/cpuinfo': cpuinfo('AuthenticAMD', '') },
        registers: {
          '/dev/cpu/0/cpuid 2147483649': new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0]),
        },
      }),
      'block off-in-firmware',
    ],
    [
      'reported off by the kernel log',
      vary(GOOD_BARE, {
        files: { '/proc/cpuinfo': cpuinfo('GenuineIntel', '') },
        commands: { dmesg: '[    0.1] x86/cpu: VMX (outside TXT) disabled by BIOS\n' },
      }),
      'block off-in-firmware',
    ],
    [
      'locked off in MSR 0x3A',
      vary(GOOD_BARE, { registers: { '/dev/cpu/0/msr 58': new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]) } }),
      'block off-in-firmware',
    ],
    [
      'locked on in MSR 0x3A',
      vary(GOOD_BARE, { registers: { '/dev/cpu/0/msr 58': new Uint8Array([5, 0, 0, 0, 0, 0, 0, 0]) } }),
      'ok yes',
    ],
    [
      'SVMDIS set',
      vary(GOOD_BARE, {
        files: { '/proc/cpuinfo': cpuinfo('AuthenticAMD', 'svm npt') },
        registers: { '/dev/cpu/0/msr 3221291284': new Uint8Array([0x18, 0, 0, 0, 0, 0, 0, 0]) },
      }),
      'block off-in-firmware',
    ],
    [
      'off, by the Xen log',
      withLog('(XEN) Xen version 4\n(XEN) VMX disabled by BIOS.', 'pv'),
      'block off-in-firmware',
    ],
    ['absent, under Xen', withLog('(XEN) Xen version 4', 'pv'), 'block no'],
    ['not told by xl', vary(GOOD_XEN, { commands: { 'xl info': undefined } }), 'warn unknown'],
  ])('%s', async (_, machine, expected) => {
    expect((await judged(machine)).of('virtualisation')).toBe(expected);
  });

  it.each([
    ['vmx ept', 'ok yes'],
    ['vmx', 'block no'],
    ['', 'block no'],
  ])('with the flags "%s" decides about second-level translation', async (flags, expected) => {
    const machine = vary(GOOD_BARE, { files: { '/proc/cpuinfo': cpuinfo('GenuineIntel', flags) } });
    expect((await judged(machine)).of('slat')).toBe(expected);
  });

  it('that is off in the firmware hides whether there is second-level translation', async () => {
    const dmesg = '[    0.1] x86/cpu: VMX (outside TXT) disabled by BIOS\n';
    const files = { '/proc/cpuinfo': cpuinfo('GenuineIntel', '') };
    expect((await judged(vary(GOOD_BARE, { files, commands: { dmesg } }))).of('slat')).toBe('warn unknown');
  });

  it('names the setting as the vendor of the processor does', async () => {
    const { findings } = await judged(
      vary(GOOD_BARE, { files: { '/proc/cpuinfo': cpuinfo('AuthenticAMD', '') } }),
    );
    expect(findings.find((finding) => finding.id === 'virtualisation')?.remedy).toMatch(/SVM Mode/);
  });
});

describe('IOMMU and interrupt remapping', () => {
  const noKernel = { '/sys/class/iommu/dmar0': undefined };
  it.each<[string, FakeMachine, string, string]>([
    [
      'no table',
      vary(GOOD_BARE, { files: { [`${TABLES}/DMAR`]: undefined, [`${TABLES}/DSDT`]: 'x' }, links: noKernel }),
      'block no',
      'warn no',
    ],
    [
      'a table without units',
      vary(GOOD_BARE, { files: { [`${TABLES}/DMAR`]: dmar(1, []) }, links: noKernel }),
      'block no',
      'warn no',
    ],
    [
      'a table without remapping',
      vary(GOOD_BARE, { files: { [`${TABLES}/DMAR`]: dmar(0, drhd(1n)) } }),
      'ok yes',
      'warn no',
    ],
    [
      'AMD with an I/O APIC',
      vary(GOOD_BARE, {
        files: { [`${TABLES}/DMAR`]: undefined, [`${TABLES}/IVRS`]: ivrs(ivhd(IOAPIC_ENTRY)) },
      }),
      'ok yes',
      'ok yes',
    ],
    [
      'AMD without an I/O APIC',
      vary(GOOD_BARE, {
        files: { [`${TABLES}/DMAR`]: undefined, [`${TABLES}/IVRS`]: ivrs(ivhd([1, 0, 0, 0])) },
      }),
      'ok yes',
      'warn unknown',
    ],
    [
      'Xen without directio',
      withLog('(XEN) Xen version 4\n(XEN) I/O virtualisation disabled'),
      'block no',
      'warn no',
    ],
    [
      'Xen whose log has wrapped',
      withLog('(XEN) later lines only', 'pv hvm hap hvm_directio'),
      'ok yes',
      'warn unknown',
    ],
    [
      'Xen without remapping',
      withLog(
        '(XEN) Xen version 4\n(XEN) Intel VT-d Interrupt Remapping not enabled.',
        'hvm hap hvm_directio',
      ),
      'ok yes',
      'warn no',
    ],
    [
      'Xen as it says it on Intel',
      withLog('(XEN) Xen version 4\n(XEN) Intel VT-d Interrupt Remapping enabled.', 'hvm hap hvm_directio'),
      'ok yes',
      'ok yes',
    ],
  ])('%s', async (_, machine, iommu, remapping) => {
    const { of } = await judged(machine);
    expect([of('iommu'), of('interrupt-remapping')]).toEqual([iommu, remapping]);
  });

  it('under Xen says when the firmware has a table that Xen does not use', async () => {
    const { findings } = await judged(withLog('(XEN) Xen version 4'));
    expect(findings.find((finding) => finding.id === 'iommu')?.evidence).toMatch(
      /although the firmware's DMAR lists 1 unit/,
    );
  });

  it('tells of faulty tables', async () => {
    const bad = dmar(1, drhd(1n));
    bad[9] = (bad[9] ?? 0) ^ 1;
    expect((await judged(vary(GOOD_BARE, { files: { [`${TABLES}/DMAR`]: bad } }))).of('acpi-tables')).toBe(
      'inform yes',
    );
  });
});

describe('devices', () => {
  const PCI = '/sys/bus/pci/devices';
  it('asks about a network card without a reset, allows a USB controller', async () => {
    const { of } = await judged(
      vary(GOOD_BARE, {
        files: {
          [`${PCI}/0000:00:14.3/reset_method`]: '\n',
          [`${PCI}/0000:01:00.0/reset_method`]: undefined,
        },
      }),
    );
    expect(of('device-reset:0000:00:14.3')).toBe('warn no');
    expect(of('device-reset:0000:01:00.0')).toBe('inform unknown');
  });

  it('warns of a group shared by a network card and something else', async () => {
    const links = { [`${PCI}/0000:00:14.3/iommu_group`]: '/sys/kernel/iommu_groups/4' };
    expect((await judged(vary(GOOD_BARE, { links }))).of('iommu-groups:4')).toBe('warn yes');
  });

  it('knows a USB keyboard, its controller, and a token that looks like one', async () => {
    const usb = (name: string, port: number) =>
      [
        'I: Bus=0003 Vendor=1 Product=1 Version=1',
        `N: Name="${name}"`,
        `S: Sysfs=/devices/pci0000:00/0000:00:1c.0/0000:01:00.0/usb1/1-${port}/1-${port}:1.0/input/input${port}`,
        'B: EV=120013',
        'B: KEY=1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe',
      ].join('\n');
    const devices = `${usb('Logitech Keyboard', 1)}\n\n${usb('Yubico YubiKey OTP', 2)}\n`;
    const { hardware, of } = await judged(vary(GOOD_BARE, { files: { '/proc/bus/input/devices': devices } }));
    expect(hardware.keyboards).toEqual([
      { name: 'Logitech Keyboard', bus: 'usb', usbController: '0000:01:00.0', token: false },
      { name: 'Yubico YubiKey OTP', bus: 'usb', usbController: '0000:01:00.0', token: true },
    ]);
    expect(of('keyboard')).toBe('inform yes');
  });
});

describe('findings', () => {
  it('are plain ASCII of 80 columns, and each that is not ok says what it means', async () => {
    for (const machine of [{}, GOOD_BARE, GOOD_XEN, withLog('')] satisfies FakeMachine[]) {
      const { findings } = await judged(machine);
      expect(showFindings(findings)).toMatch(/^[\x20-\x7e\n]*$/);
      const long = showFindings(findings)
        .split('\n')
        .filter((line) => line.length > 80);
      expect(long).toEqual([]);
      expect(findings.filter((finding) => finding.level !== 'ok' && finding.meaning === undefined)).toEqual(
        [],
      );
    }
  });

  it('of a machine that answers nothing are unknown, never a crash', async () => {
    const { of, blocked } = await judged({});
    expect(of('iommu')).toBe('warn unknown');
    expect(blocked).toEqual(['virtualisation', 'slat', 'disks']);
  });

  it('block until they are named', async () => {
    const { findings } = await judged(withLog('(XEN) Xen version 4', 'pv'));
    expect(blockers(findings, []).map((finding) => finding.id)).toEqual(['virtualisation', 'slat', 'iommu']);
    expect(blockers(findings, ['virtualisation', 'slat', 'iommu'])).toEqual([]);
  });

  it('come from checks with names of their own', () => {
    expect(new Set(CHECKS.map((check) => check.id)).size).toBe(CHECKS.length);
  });
});

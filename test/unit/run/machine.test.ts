import { describe, expect, it } from 'vitest';
import { kvmProbe, chooseAcceleration, probeBootSector } from '../../../builder/run/kvm.ts';
import type { MachineSpec } from '../../../builder/run/machine.ts';
import { qemuArgv } from '../../../builder/run/machine.ts';
import { AppError } from '../../../core/errors.ts';

const tools = { root: '/tools' };

function spec(change: Partial<MachineSpec> = {}): MachineSpec {
  return {
    memoryMiB: 4096,
    acceleration: 'tcg',
    processors: 1,
    iommu: 'none',
    disks: [],
    serial: 'stdio',
    ...change,
  };
}

/** The values of all options named `name`. */
function values(argv: readonly string[], name: string): string[] {
  return argv.flatMap((word, at) => (word === name ? [argv[at + 1] ?? ''] : []));
}

describe('qemuArgv', () => {
  it('runs QEMU by the loader and libraries of its own root', () => {
    const argv = qemuArgv(tools, spec());
    expect(argv[0]).toBe('/tools/usr/lib64/ld-linux-x86-64.so.2');
    expect(argv[2]).toMatch(/^\/tools\/usr\/lib\/x86_64-linux-gnu:/);
    expect(argv[3]).toBe('/tools/usr/bin/qemu-system-x86_64');
  });

  it('hides the processor features that Xen cannot bear under emulation, and only there', () => {
    expect(values(qemuArgv(tools, spec()), '-cpu')).toEqual(['max,-fsgsbase,-rdtscp,-xsave,-avx,-avx2']);
    expect(values(qemuArgv(tools, spec({ acceleration: 'kvm' })), '-cpu')).toEqual(['host']);
    const without = spec({ features: ['-svm'] });
    expect(values(qemuArgv(tools, without), '-cpu')).toEqual([
      'max,-fsgsbase,-rdtscp,-xsave,-avx,-avx2,-svm',
    ]);
  });

  it('keeps the store of translated code small, and only under emulation', () => {
    expect(values(qemuArgv(tools, spec()), '-accel')).toEqual(['tcg,thread=multi,tb-size=256']);
    expect(values(qemuArgv(tools, spec({ acceleration: 'kvm' })), '-accel')).toEqual(['kvm']);
  });

  it('has a place for a second processor under emulation, so that locked instructions are locked', () => {
    expect(values(qemuArgv(tools, spec()), '-smp')).toEqual(['1,maxcpus=2']);
    expect(values(qemuArgv(tools, spec({ processors: 4 })), '-smp')).toEqual(['4,maxcpus=4']);
    expect(values(qemuArgv(tools, spec({ acceleration: 'kvm' })), '-smp')).toEqual(['1']);
  });

  it('never gives the machine a network', () => {
    expect(values(qemuArgv(tools, spec()), '-nic')).toEqual(['none']);
  });

  it('adds the IOMMU with interrupt remapping, and the split controller that KVM needs for it', () => {
    const argv = qemuArgv(tools, spec({ iommu: 'intel', acceleration: 'kvm' }));
    expect(values(argv, '-device')).toContain('intel-iommu,intremap=on');
    expect(values(argv, '-machine')).toEqual(['q35,kernel-irqchip=split']);
    expect(values(qemuArgv(tools, spec({ iommu: 'amd' })), '-device')).toContain('amd-iommu,intremap=on');
  });

  it('attaches each kind of disk, a medium read-only, and doubles commas in paths', () => {
    const argv = qemuArgv(
      tools,
      spec({
        disks: [
          { path: '/out/a,b.iso', format: 'raw', bus: 'cdrom', bootIndex: 0 },
          { path: '/out/d.qcow2', format: 'qcow2', serial: 'QF1' },
          { path: '/out/stick.img', format: 'raw', bus: 'usb' },
          { path: '/tmp/state', format: 'qcow2', bus: 'none' },
        ],
      }),
    );
    expect(values(argv, '-drive')).toEqual([
      'if=none,id=disk0,format=raw,cache=unsafe,discard=unmap,readonly=on,file=/out/a,,b.iso',
      'if=none,id=disk1,format=qcow2,cache=unsafe,discard=unmap,file=/out/d.qcow2',
      'if=none,id=disk2,format=raw,cache=unsafe,discard=unmap,file=/out/stick.img',
      'if=none,id=disk3,format=qcow2,cache=unsafe,discard=unmap,file=/tmp/state',
    ]);
    expect(values(argv, '-device')).toEqual([
      'virtio-rng-pci',
      'ide-cd,drive=disk0,bus=ide.0,bootindex=0',
      'virtio-blk-pci,drive=disk1,serial=QF1',
      'qemu-xhci,id=usb2',
      'usb-storage,drive=disk2,bus=usb2.0',
    ]);
  });

  it('takes OVMF code read-only and the variables as a file of the machine', () => {
    const argv = qemuArgv(tools, spec({ uefi: { path: '/vm/vars', format: 'raw' } }));
    expect(values(argv, '-drive')).toEqual([
      'if=pflash,unit=0,format=raw,readonly=on,file=/tools/usr/share/OVMF/OVMF_CODE_4M.fd',
      'if=pflash,unit=1,format=raw,file=/vm/vars',
    ]);
  });

  it('gives the channels their ids in the place where QEMU wants them', () => {
    const argv = qemuArgv(tools, spec({ serial: 'socket,path=/s,server=off', console: 'stdio' }));
    expect(values(argv, '-chardev')).toEqual(['socket,id=serial0,path=/s,server=off', 'stdio,id=console0']);
  });
});

describe('the KVM probe', () => {
  it('boots a sector that says so by its exit code', () => {
    expect(probeBootSector()).toHaveLength(512);
    expect([...probeBootSector().subarray(510)]).toEqual([0x55, 0xaa]);
    expect(kvmProbe(tools, '/s').accept).toEqual([33]);
    expect(kvmProbe(tools, '/s').timeout).toBeGreaterThan(0);
  });

  it('falls back to emulation when the probe guest does not end well', async () => {
    const fails = (): Promise<never> =>
      Promise.reject(new AppError({ kind: 'tool', code: 'tool.failed', what: 'killed' }));
    expect((await chooseAcceleration(fails, tools, '/s')).acceleration).toBe('tcg');
    const runs = (): Promise<{ exitCode: number; stdout: string; stderr: string }> =>
      Promise.resolve({ exitCode: 33, stdout: '', stderr: '' });
    expect((await chooseAcceleration(runs, tools, '/s')).acceleration).toBe('kvm');
  });
});

import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bootMedium, damage } from '../support/medium.ts';
import type { Machine } from '../support/qemu.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { useMedium } from '../support/use-medium.ts';

/** Generous: emulation on a busy machine takes ten times as long as on an idle one. */
const BOOT = 20 * 60_000;
const COMMAND = 3 * 60_000;

const FIRST_SCREEN = /--- 1\/\d+ /;
const CTRL_C = '\u0003';

/** Devices that dom0 must not drive, and no firmware may mistake for the medium. */
const DEVICES = ['e1000e', 'qemu-xhci', 'ich9-usb-ehci1'];

const medium = useMedium();

/** A root shell on the quick console, out of the wizard that Enter starts there. */
async function shell(machine: Machine): Promise<void> {
  await machine.console.expect(/Press Enter to use it here/, BOOT);
  await machine.console.sendLine('');
  await machine.console.expect(/Enter accepts/, BOOT);
  await machine.console.send(CTRL_C);
  await machine.console.expect(/power off: /, COMMAND);
  await machine.console.sendLine('s');
  await machine.console.expect(/# $/, COMMAND);
}

/** How long after power-on something was reached: printed, never asserted. */
function reached(machine: Machine, what: string): void {
  process.stdout.write(`${what}: ${(machine.age() / 1000).toFixed(0)} s after power-on\n`);
}

describe.concurrent('the medium under Xen', () => {
  it.each([
    { uefi: false, iommu: 'none', caps: /^(?!.*directio).*\bhvm\b/ },
    { uefi: true, iommu: 'amd', caps: /\bhvm_directio\b/ },
  ] as const)(
    'starts (uefi: $uefi, iommu: $iommu) with nothing for dom0 to reach a network',
    async (lane) => {
      await using machine = await bootMedium(medium, 'i', { ...lane, devices: DEVICES });
      const [, banner, built] = await machine.serial.expect(/Xen version (\S+) \(Debian ([^)]+)\)/, BOOT);
      reached(machine, 'Xen banner');
      await machine.serial.expect(/qubeforge: kept from dom0: [^\n]*\n/, BOOT);
      reached(machine, "dom0's initrd");
      await machine.serial.expect(FIRST_SCREEN, BOOT);
      reached(machine, "the installer's first screen");
      await shell(machine);
      const info = await machine.console.run('xl info', COMMAND);
      expect(/^xen_version *: (\S+)/m.exec(info.output)?.[1]).toBe(banner);
      const manifest = JSON.parse(await text('manifest.json')) as { xen: { version: string } };
      expect(built).toBe(manifest.xen.version);
      expect(/^virt_caps *: (.*)$/m.exec(info.output)?.[1]).toMatch(lane.caps);

      expect((await machine.console.run('ss -Htuln', COMMAND)).output).toBe('');
      expect((await machine.console.run('ls /sys/class/net', COMMAND)).output.trim()).toBe('lo');
      const drivers = await machine.console.run(
        'for d in /sys/bus/pci/devices/*; do case $(cat $d/class) in 0x02*|0x0c03*) basename $(readlink $d/driver);; esac; done',
        COMMAND,
      );
      expect(drivers.output.trim().split('\n')).toEqual(['pciback', 'pciback', 'pciback']);
      expect((await machine.console.run('systemctl --failed --no-legend --plain', COMMAND)).output).toBe('');
      expect((await machine.console.run('qubeforge-verify-medium', BOOT)).output).toContain(
        'medium check passed',
      );
    },
  );
});

describe.concurrent('the medium without Xen', () => {
  it('reports about the hardware', async () => {
    await using machine = await bootMedium(medium, 'h', { iommu: 'intel' });
    await machine.serial.expect(/power off: /, BOOT);
    expect(machine.serial.transcript).toMatch(/IOMMU/);
  });

  it('passes its own check', async () => {
    await using machine = await bootMedium(medium, 'm');
    await machine.serial.expect(/qubeforge: medium check passed: \d+ files/, BOOT);
  });

  it.each([
    'live/dom0.squashfs',
    'images/debian-13-minimal/root.img.zst',
    'boot/grub/grub.cfg',
    'manifest.json',
  ])('names %s when one bit of it is wrong', async (path) => {
    await using folder = await temporaryDirectory();
    const iso = join(folder.path, 'damaged.iso');
    await copyFile(medium.iso, iso);
    await damage(iso, medium.project, medium.files[path]!);
    await using machine = await bootMedium({ ...medium, iso }, 'm');
    await machine.serial.expect(new RegExp(`qubeforge: BAD ${path}\\n`), BOOT);
    await machine.serial.expect(/qubeforge: medium check FAILED: 1 of \d+ files are bad/, BOOT);
  });
});

async function text(path: string): Promise<string> {
  return (await medium.project.session.store.read(medium.files[path]!, path)).toString('utf8');
}

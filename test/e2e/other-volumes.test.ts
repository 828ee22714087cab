import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../core/digest.ts';
import type { Disk } from '../../builder/run/machine.ts';
import { mustRun } from '../support/installation.ts';
import { bootBare } from '../support/medium.ts';
import { createDisk } from '../support/qemu.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { useMedium } from '../support/use-medium.ts';

const medium = useMedium();

/** A volume group that nobody encrypted, with what writes to its disk when it is activated with a fault. */
const GROUP = [
  'pvcreate /dev/vda',
  'vgcreate other /dev/vda',
  'lvcreate -y -n plain -L 64M other',
  'lvcreate -y --type thin-pool --thinpool pool -L 256M other',
  'lvcreate -y --thin -n thin -V 1G other/pool',
  'dmsetup ls | grep -q other-thin',
  'vgchange -a n other',
  'sync',
];

describe('a volume group on a disk of the machine', () => {
  it('is not activated by the medium, and its disk stays as it was', async () => {
    await using folder = await temporaryDirectory();
    const disk: Disk = { path: join(folder.path, 'other.qcow2'), format: 'qcow2', serial: 'QFOTHER' };
    await createDisk(medium.tools, disk.path, '4G');
    const maker = await bootBare(medium, { disks: [disk] });
    try {
      for (const command of GROUP) await mustRun(maker.console, command);
    } finally {
      await maker.stop();
    }
    const before = sha256(await readFile(disk.path));
    await using machine = await bootBare(medium, { disks: [disk] });
    const seen = await mustRun(machine.console, 'udevadm settle; dmsetup ls; vgs --noheadings -o vg_name');
    expect(seen).toMatch(/No devices found/);
    expect(seen).toMatch(/^ *other *$/m);
    expect(sha256(await readFile(disk.path))).toBe(before);
  });
});

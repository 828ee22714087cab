import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Disk } from '../../builder/run/machine.ts';
import { ANSWERS, BOOT, bootInstalled, COMMAND, INSTALL, login } from '../support/installation.ts';
import { expectInstalled } from '../support/installed-checks.ts';
import { installDisk, installedDisk, NETWORKED, type InstalledDisk } from '../support/installed-disk.ts';
import { createDisk, type Machine } from '../support/qemu.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { useMedium } from '../support/use-medium.ts';

const medium = useMedium();

const UEFI = { uefi: true, answers: ANSWERS } as const;

async function digest({ path }: Disk): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Plans the same installation once more, in two ways, at the menu that the installer leaves behind. */
async function planAgain({ serial }: Machine): Promise<void> {
  await serial.expect(/power off: /, BOOT);
  await serial.sendLine('s');
  await serial.expect(/# $/, COMMAND);
  await serial.run('mount -o ro /dev/disk/by-label/QF_ANSWERS /mnt; cd /mnt', COMMAND);
  const answers = '--answers answers.yaml';
  const plan = await serial.run(`qubeforge-install plan ${answers}`, INSTALL);
  expect(plan).toMatchObject({
    exitCode: 0,
    output: expect.stringContaining('cryptsetup luksFormat') as string,
  });
  const dry = await serial.run(`qubeforge-install install --dry-run ${answers}`, INSTALL);
  expect(dry).toMatchObject({ exitCode: 0, output: expect.stringContaining('stay untouched') as string });
}

/** Starts what was installed, and looks. */
async function expectStarts(
  installed: InstalledDisk,
  options: Parameters<typeof bootInstalled>[2],
): Promise<void> {
  await using folder = await temporaryDirectory();
  await using machine = await bootInstalled(medium, await installed.overlay(folder.path), options);
  await login(machine);
  await expectInstalled(machine, installed.recoveryKey);
}

describe('an installation without questions', () => {
  it('starts, by UEFI and by BIOS, and no other disk changes, an older installation among them', async () => {
    await using folder = await temporaryDirectory();
    const older = await installedDisk(medium, NETWORKED);
    const others: Disk[] = [
      { ...(await older.overlay(folder.path)), serial: 'QFOLDER' },
      { path: join(folder.path, 'empty.qcow2'), format: 'qcow2', serial: 'QFEMPTY' },
    ];
    await createDisk(medium.tools, others[1]!.path, '33G');
    const before = await Promise.all(others.map(digest));
    const installed = await installDisk(medium, UEFI, others, planAgain);
    const after = await Promise.all(others.map(digest));
    expect(after).toEqual(before);
    process.stdout.write(
      `two further disks, one with an older installation, after install, plan and dry run: SHA-256 ${after.join(' ')}, unchanged\n`,
    );

    await expectStarts(installed, UEFI);
    await expectStarts(older, NETWORKED);
  });
});

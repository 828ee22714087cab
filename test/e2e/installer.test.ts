import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Disk } from '../../builder/run/machine.ts';
import {
  ANSWERS,
  answersDisk,
  bootInstalled,
  bootInstaller,
  COMMAND,
  INSTALL,
  login,
  PASSPHRASE,
  PASSWORD,
  SERIAL,
  targetDisk,
} from '../support/installation.ts';
import { buildMedium, type TestMedium } from '../support/medium.ts';
import { createDisk } from '../support/qemu.ts';
import { temporaryDirectory } from '../support/temporary.ts';

let medium: TestMedium;

beforeAll(async () => {
  medium = await buildMedium();
});
afterAll(async () => {
  await medium[Symbol.asyncDispose]();
});

const SECRETS = `passphrase: ${PASSPHRASE}\nuser-password: ${PASSWORD}\n`;

async function digest(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

describe('an installation without questions', () => {
  it.each([{ uefi: false }, { uefi: true }])(
    'of an empty disk starts from it (uefi: $uefi), and no other disk changes',
    async ({ uefi }) => {
      await using folder = await temporaryDirectory();
      const target = await targetDisk(medium, folder.path);
      const other: Disk = { path: `${folder.path}/other.qcow2`, format: 'qcow2', serial: 'QFOTHER' };
      await createDisk(medium.tools, other.path, '33G');
      const answers = await answersDisk(folder.path, {
        'answers.yaml': ANSWERS,
        'secrets.yaml': SECRETS,
        erase: SERIAL,
      });
      const before = await digest(other.path);
      const recovery = await (async () => {
        await using machine = await bootInstaller(medium, [target, answers, other], { uefi });
        const shown = await machine.serial.expect(/\b([b-v]{6}(?:-[b-v]{6}){7})\b/, INSTALL);
        await machine.serial.expect(/desk is installed on/, INSTALL);
        return shown[1] ?? '';
      })();
      expect(await digest(other.path)).toBe(before);

      await using machine = await bootInstalled(medium, target, { uefi });
      await login(machine);
      const sh = async (command: string) => (await machine.console.run(command, COMMAND)).output;
      expect(await sh('xl info')).toMatch(/xen_version/);
      expect(await sh('sgdisk --verify /dev/vda')).toContain('No problems found');
      expect(await sh('cryptsetup luksDump /dev/vda4')).toMatch(/argon2id[\s\S]*sha512/);
      const volumes = await sh('lvs --noheadings -o lv_name,pool_lv');
      for (const name of ['swap', 'root', 'dom0-pool', 'qube-pool']) expect(volumes).toContain(name);
      expect(volumes).toMatch(/debian-13-minimal\.root\s+qube-pool/);
      expect(await sh('cat /etc/qubeforge/qubes.yaml')).toContain('sys-firewall:');
      expect(await sh('cat /proc/cmdline; xl info xen_commandline')).toContain('smt=off');
      await sh('unmkinitramfs /initrd.img /var/tmp/initrd');
      expect(await sh('ls /var/tmp/initrd')).not.toBe('');
      for (const secret of [PASSPHRASE, PASSWORD, recovery]) {
        expect(secret).not.toBe('');
        const found = await sh(
          `grep -rlF -- '${secret}' /etc /var /boot /root /home /run 2>/dev/null | wc -l`,
        );
        expect(found.trim()).toBe('0');
      }
      const opened = await machine.console.run(
        `printf %s ${recovery} | cryptsetup open --test-passphrase --key-slot 1 --key-file - /dev/vda4`,
        COMMAND,
      );
      expect(opened.exitCode).toBe(0);
    },
  );

  it('refuses a machine whose blocking findings are not overridden, and writes nothing', async () => {
    await using folder = await temporaryDirectory();
    const target = await targetDisk(medium, folder.path);
    const before = await digest(target.path);
    const answers = await answersDisk(folder.path, {
      'answers.yaml': ANSWERS.replace('overrides: [iommu, memory]', 'overrides: [memory]'),
      'secrets.yaml': SECRETS,
      erase: SERIAL,
    });
    {
      await using machine = await bootInstaller(medium, [target, answers]);
      await machine.serial.expect(/hardware\.blocked/, INSTALL);
    }
    expect(await digest(target.path)).toBe(before);
  });
});

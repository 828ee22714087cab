import { expect } from 'vitest';
import { COMMAND, PASSPHRASE, PASSWORD } from './installation.ts';
import type { Machine } from './qemu.ts';

/** What a person would look at after an installation of `ANSWERS`; `machine` has a root shell on its quick console. */
export async function expectInstalled(machine: Machine, recoveryKey: string): Promise<void> {
  const sh = async (command: string): Promise<string> =>
    (await machine.console.run(command, COMMAND)).output.replace(/[ \t]+/g, ' ');
  expect(await sh('xl info')).toMatch(/xen_version/);
  expect(await sh('cat /proc/cmdline; xl info xen_commandline')).toContain('smt=off');

  expect(await sh('sgdisk --verify /dev/vda')).toContain('No problems found');
  const table = await sh('sgdisk --print /dev/vda');
  expect(table).toMatch(/\n 1 2048 4095 1024\.0 KiB EF02 qubeforge-bios\n/);
  expect(table).toMatch(/\n 2 4096 2101247 1024\.0 MiB EF00 qubeforge-esp\n/);
  expect(table).toMatch(/\n 3 2101248 6295551 2\.0 GiB \S+ qubeforge-boot\n/);
  expect(table).toMatch(/\n 4 6295552 83884031 37\.0 GiB 8309 qubeforge-system\n/);

  const header = await sh('cryptsetup luksDump /dev/vda4');
  expect(header).toMatch(/Version: 2\n/);
  expect(header).toMatch(/Label: CRYPT-[0-9a-f]{8}\n/);
  expect(header).toMatch(/cipher: aes-xts-plain64\n sector: 512 \[bytes\]/);
  expect(header).toMatch(
    / 0: luks2\n Key: 512 bits[^]*PBKDF: argon2id[^]* 1: luks2\n Key: 512 bits[^]*PBKDF: pbkdf2/,
  );

  const volumes = await sh(
    'lvs --noheadings --units m --nosuffix -o lv_name,pool_lv,lv_size,chunk_size,zero,discards,lv_when_full',
  );
  expect(volumes).toMatch(/ swap 2048\.00/);
  expect(volumes).toMatch(/ dom0-pool 10240\.00 0\.06 zero passdown error/);
  expect(volumes).toMatch(/ root dom0-pool /);
  expect(volumes).toMatch(/ qube-pool \d+\.00 0\.06 zero passdown error/);
  expect(volumes).toMatch(/debian-13-minimal\.root qube-pool 20480\.00/);
  expect(await sh('cat /etc/qubeforge/qubes.yaml')).toContain('sys-firewall:');

  for (const secret of [PASSPHRASE, PASSWORD, recoveryKey]) {
    expect(secret).not.toBe('');
    const found = `{ grep -rlF -e '${secret}' /etc /var /boot /root /home /run; journalctl -o cat | grep -F -e '${secret}'; } 2>/dev/null`;
    expect(await sh(found)).toBe('');
  }
  const opened = `printf %s ${recoveryKey} | cryptsetup open --test-passphrase --key-slot 1 --key-file - /dev/vda4`;
  expect((await machine.console.run(opened, COMMAND)).exitCode).toBe(0);
}

import { describe, expect, it } from 'vitest';
import { LSBLK } from '../../../installer/probe/disks.ts';
import { judged } from './judged.ts';
import { GOOD_BARE, lsblk, vary } from './machines.ts';

describe('memory, disks, firmware, clock', () => {
  it.each([
    ['5 GB', '5000000', 'block no'],
    ['8 GB', '7900000', 'inform yes'],
    ['16 GB', '16100000', 'ok yes'],
  ])('memory of %s', async (_, kib, expected) => {
    expect(
      (await judged(vary(GOOD_BARE, { files: { '/proc/meminfo': `MemTotal: ${kib} kB` } }))).of('memory'),
    ).toBe(expected);
  });

  it.each([
    ['none', [], 'block no'],
    ['too small', [{ name: 'sda', size: 20e9, serial: 'A' }], 'block no'],
    ['in use', [{ name: 'sda', size: 200e9, serial: 'A', extra: { mountpoints: ['/'] } }], 'block no'],
    ['small', [{ name: 'sda', size: 64e9, serial: 'A' }], 'inform yes'],
  ])('disk %s', async (_, disks, expected) => {
    expect(
      (await judged(vary(GOOD_BARE, { commands: { [LSBLK.join(' ')]: lsblk(disks) } }))).of('disks'),
    ).toBe(expected);
  });

  it('warns of disks that cannot be told apart', async () => {
    const disks = [
      { name: 'sda', size: 200e9, serial: 'SAME' },
      { name: 'sdb', size: 200e9, serial: 'SAME' },
    ];
    const { of } = await judged(vary(GOOD_BARE, { commands: { [LSBLK.join(' ')]: lsblk(disks) } }));
    expect([of('disk-identity:/dev/sda'), of('disk-identity:/dev/sdb')]).toEqual(['warn no', 'warn no']);
  });

  it('recognises systems on a disk without opening it', async () => {
    const part = (
      name: string,
      fstype: string | null,
      label: string | null,
      parttype: string | null = null,
    ) => ({
      ...(JSON.parse(lsblk([{ name, size: 1e9 }])) as { blockdevices: object[] }).blockdevices[0],
      type: 'part',
      fstype,
      label,
      parttype,
    });
    const children = [
      part('sda1', 'vfat', null, 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b'),
      part('sda2', null, null, 'e3c9e316-0b5c-4db8-817d-f92df00215ae'),
      part('sda3', 'crypto_LUKS', 'CRYPT-ab'),
      part('sda4', 'ext4', 'data'),
    ];
    const disks = [{ name: 'sda', size: 200e9, serial: 'A', extra: { children, pttype: 'gpt' } }];
    const { hardware } = await judged(vary(GOOD_BARE, { commands: { [LSBLK.join(' ')]: lsblk(disks) } }));
    expect(hardware.disks[0]?.systems).toEqual([
      'EFI system partition',
      'Windows',
      'an encrypted Qubeforge installation',
      'ext4 "data"',
    ]);
  });

  it('warns of Secure Boot, and of a clock before the medium', async () => {
    const variable = '/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c';
    const machine = vary(GOOD_BARE, {
      files: { [variable]: new Uint8Array([6, 0, 0, 0, 1]) },
      now: Date.UTC(2020, 0, 1),
    });
    const { of } = await judged(machine, Date.UTC(2026, 0, 1));
    expect([of('secure-boot'), of('clock')]).toEqual(['warn no', 'warn no']);
    expect((await judged(GOOD_BARE, Date.UTC(2026, 0, 1))).of('clock')).toBe('ok yes');
  });
});

import { describe, expect, it } from 'vitest';
import { bootFiles } from '../../../installer/plan/boot.ts';
import { systemFiles } from '../../../installer/plan/files.ts';
import { showPlan } from '../../../installer/plan/show.ts';
import { GOOD_BARE, vary } from '../../unit/installer/machines.ts';
import { image, IMAGES, planFor, type DISK } from '../../unit/installer/plans.ts';

/** `npx vitest run --project unit test/golden -u` writes the expected files anew; read the difference. */
const golden = (name: string) => `./expected/${name}`;

const ESP: (typeof DISK)['partitions'][number] = {
  path: '/dev/nvme0n1p2',
  start: 600 * 2 ** 20,
  sizeBytes: 200 * 2 ** 20,
  type: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b',
  content: 'vfat',
  label: undefined,
  uuid: 'aaaaaaaa-0000-4000-8000-00000000000a',
};

const CASES = {
  'uefi-512g': {},
  'bios-serial': {
    machine: vary(GOOD_BARE, {
      files: { '/sys/firmware/efi/fw_platform_size': undefined, '/proc/meminfo': 'MemTotal: 4000000 kB' },
    }),
    answers: {
      boot: { console: 'serial', 'kernel-options': ['nosmap'] },
      overrides: ['iommu', 'memory'],
      keyboard: { layout: 'de', variant: 'nodeadkeys' },
      qubes: { 'sys-usb': 'no' },
    },
    disk: { path: '/dev/vda', sizeBytes: 40 * 2 ** 30 },
  },
  'keep-esp-4kn': {
    answers: { storage: { esp: 'keep', discard: false } },
    disk: {
      logicalSector: 4096,
      table: 'gpt',
      partitions: [{ ...ESP, path: '/dev/nvme0n1p1', type: 'x' }, ESP],
    },
  },
  'btrfs-detached-header': {
    answers: { storage: { scheme: 'btrfs', header: '/dev/disk/by-id/usb-stick' } },
    images: [...IMAGES, image('fedora-42', 'template')],
  },
  unencrypted: {
    answers: {
      storage: { encryption: 'none', unencrypted: 'I accept that anybody with the disk can read it' },
      qubes: { set: 'none' },
    },
  },
} as const;

describe.each(Object.entries(CASES))('plan %s', (name, change) => {
  it('has the commands that were reviewed', async () => {
    const plan = await planFor(change as Parameters<typeof planFor>[0]);
    await expect(`${showPlan(plan)}\n`).toMatchFileSnapshot(golden(`${name}.plan`));
  });

  it('writes the files that were reviewed', async () => {
    const plan = await planFor(change as Parameters<typeof planFor>[0]);
    const text = systemFiles(plan.context)
      .map((file) => `=== ${file.path} ${(file.mode ?? 0o644).toString(8)}\n${file.text}`)
      .join('\n');
    await expect(text).toMatchFileSnapshot(golden(`${name}.files`));
  });
});

it('leaves the USB controller of the only keyboard to dom0, and no other', async () => {
  const keyboards = [{ name: 'K', bus: 'usb' as const, usbController: '0000:01:00.0', token: false }];
  const { context } = await planFor({ hardware: { keyboards } });
  const grub = bootFiles(context).find((file) => file.path === '/etc/default/grub')?.text;
  expect(grub).toContain('qubeforge.keep=0000:01:00.0"');
});

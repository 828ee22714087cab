import { partition, type Context } from '../context.ts';
import { holds, run, type Action, type Step } from '../step.ts';
import { dashed } from '../files.ts';
import type { PlannedPartition } from '../layout.ts';

/** The partition table, and the file systems that the firmware and GRUB read. */
export function partitionSteps(context: Context): Step[] {
  const { disk, identity, partitions } = context;
  const kept = partitions.some((one) => one.kept !== undefined);
  return [
    {
      id: 'partition',
      title: `Partition ${disk.path}`,
      apply: [
        ...(kept
          ? dropOthers(context)
          : [run('sgdisk', '--zap-all', disk.path), run('sgdisk', '--clear', disk.path)]),
        run(
          'sgdisk',
          ...(kept ? [] : [`--disk-guid=${identity.disk}`]),
          ...partitions.flatMap((one) => partitionArguments(context, one)),
          disk.path,
        ),
        run('partx', '--update', disk.path),
        run('udevadm', 'settle'),
        ...partitions
          .filter((one) => one.kept === undefined && one.role !== 'bios')
          .map((one) => wipe(context, one)),
      ],
      verify: [
        { argv: ['sgdisk', '--verify', disk.path], says: 'No problems found' },
        ...partitions.map((one) => holds('test', '-b', partition(context, one.role))),
      ],
    },
    ...(kept ? [] : [espStep(context)]),
    {
      id: 'format-boot',
      title: 'Make the file system of /boot',
      apply: [
        run('mkfs.ext4', '-q', '-F', '-L', 'qubeforge-boot', '-U', identity.boot, partition(context, 'boot')),
        run('udevadm', 'settle'),
      ],
      verify: [uuidIs(partition(context, 'boot'), identity.boot)],
    },
  ];
}

function espStep(context: Context): Step {
  const device = partition(context, 'esp');
  return {
    id: 'format-esp',
    title: 'Make the file system of the EFI system partition',
    apply: [
      run('mkfs.vfat', '-F', '32', '-n', 'QF-ESP', '-i', context.identity.esp, device),
      run('udevadm', 'settle'),
    ],
    verify: [uuidIs(device, dashed(context.identity.esp))],
  };
}

/** sgdisk counts in sectors; a size in KiB is exact for sectors of 512 and 4096 bytes alike. */
function partitionArguments({ disk, identity }: Context, one: PlannedPartition): string[] {
  if (one.kept !== undefined) return [];
  const first = one.start / disk.logicalSector;
  const last = (one.start + one.size) / disk.logicalSector - 1;
  return [
    `--new=${one.number}:${first}:${last}`,
    `--typecode=${one.number}:${one.type}`,
    `--change-name=${one.number}:${one.name}`,
    `--partition-guid=${one.number}:${identity.partitions[roleIndex(one)] ?? ''}`,
  ];
}

function roleIndex(one: PlannedPartition): number {
  return { bios: 0, esp: 1, boot: 2, system: 3 }[one.role];
}

/** Deletes every partition but the kept one; the table itself stays. */
function dropOthers({ disk, partitions }: Context): Action[] {
  const kept = partitions.find((one) => one.kept !== undefined)?.number;
  const numbers = disk.partitions
    .map((one) => Number(/(\d+)$/.exec(one.path)?.[1]))
    .filter((number) => number !== kept);
  if (numbers.length === 0) return [];
  // After a restart they may be gone already: sgdisk then ends with 4.
  return [
    {
      do: 'run',
      argv: ['sgdisk', ...numbers.map((number) => `--delete=${number}`), disk.path],
      accept: [0, 4],
    },
  ];
}

function wipe(context: Context, one: PlannedPartition): Action {
  return run('wipefs', '--all', '--quiet', partition(context, one.role));
}

/** blkid reads the device itself, not a cache. */
export function uuidIs(device: string, uuid: string): Step['verify'][number] {
  return { argv: ['blkid', '--probe', '--match-tag', 'UUID', '--output', 'value', device], says: uuid };
}

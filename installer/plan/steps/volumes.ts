import { KIB } from '../../../core/bytes.ts';
import { logicalVolume, physicalVolume, type Context } from '../context.ts';
import { volumeGroup } from '../identity.ts';
import { POOL_CHECK } from '../volumes.ts';
import { run, type Action, type Step } from '../step.ts';
import { uuidIs } from './partitions.ts';

/** The volume group, swap and the pools. Every LVM command sees our device and no other. */
export function volumeSteps(context: Context): Step[] {
  const { answers, identity, volumes } = context;
  const group = volumeGroup(identity);
  return [
    {
      id: 'volume-group',
      title: 'Make the volume group',
      apply: [
        lvm(context, [0, 5], 'vgremove', '-ff', '-y', group),
        lvm(context, [0], 'pvcreate', '-ff', '-y', physicalVolume(context)),
        lvm(context, [0], 'vgcreate', '-y', group, physicalVolume(context)),
      ],
      verify: [{ argv: ['vgs', ...only(context), '--noheadings', '-o', 'vg_name', group], says: group }],
    },
    {
      id: 'activate',
      title: 'Activate the volumes',
      transient: true,
      apply: [lvm(context, [0], 'vgchange', '-a', 'y', group), run('udevadm', 'settle')],
      verify: [],
      release: [['vgchange', ...only(context), '-a', 'n', group]],
    },
    volume(
      context,
      'swap',
      'Make the swap volume',
      ['-W', 'y', '-n', 'swap', '-L', `${volumes.swap}b`, group],
      [run('mkswap', '-q', '-U', identity.swap, '-L', 'qubeforge-swap', logicalVolume(context, 'swap'))],
    ),
    volume(
      context,
      'dom0-pool',
      'Make the thin pool of dom0',
      pool('dom0-pool', group, volumes.dom0Pool, volumes.dom0Metadata, 64 * KIB),
      [errorWhenFull(context, 'dom0-pool')],
    ),
    volume(context, 'root', 'Make the root volume of dom0', [
      ...['--thin', '-n', 'root', '-V', `${volumes.root}b`, `${group}/dom0-pool`],
    ]),
    ...(answers.storage.scheme === 'btrfs' ? [btrfsPool(context)] : [qubePool(context)]),
  ];
}

function qubePool(context: Context): Step {
  const { volumes, identity } = context;
  return volume(
    context,
    'qube-pool',
    'Make the thin pool of the qubes',
    pool('qube-pool', volumeGroup(identity), volumes.qubePool, volumes.qubeMetadata, volumes.qubeChunk),
    [errorWhenFull(context, 'qube-pool')],
  );
}

function btrfsPool(context: Context): Step {
  const { volumes, identity } = context;
  const device = logicalVolume(context, 'qubes');
  const step = volume(
    context,
    'qubes',
    'Make the btrfs file system of the qubes',
    ['-W', 'y', '-n', 'qubes', '-L', `${volumes.qubePool}b`, volumeGroup(identity)],
    [run('mkfs.btrfs', '-q', '-f', '-U', identity.pool, '-L', 'qubeforge-pool', device)],
  );
  return { ...step, verify: [...step.verify, uuidIs(device, identity.pool)] };
}

/** A full pool fails writes at once: waiting for space would hang every qube on it. */
function errorWhenFull(context: Context, name: string): Action {
  return lvm(context, [0], 'lvchange', '--errorwhenfull', 'y', `${volumeGroup(context.identity)}/${name}`);
}

/** Zeroing is on: without it a qube could read what another wrote before. */
function pool(name: string, group: string, size: number, metadata: number, chunk: number): string[] {
  return [
    '--type=thin-pool',
    `--thinpool=${name}`,
    `--size=${size}b`,
    `--poolmetadatasize=${metadata}b`,
    `--chunksize=${chunk / KIB}k`,
    '--zero=y',
    '--discards=passdown',
    group,
  ];
}

/** Half a volume is of no use to anybody: it is removed and made again. */
export function volume(
  context: Context,
  name: string,
  title: string,
  options: readonly string[],
  after: readonly Action[] = [],
): Step {
  const full = `${volumeGroup(context.identity)}/${name}`;
  return {
    id: `volume:${name}`,
    title,
    apply: [
      lvm(context, [0, 5], 'lvremove', '-f', '-y', full),
      lvm(context, [0], 'lvcreate', '-y', ...options),
      run('udevadm', 'settle'),
      ...after,
    ],
    verify: [{ argv: ['lvs', ...only(context), '--noheadings', '-o', 'lv_name', full], says: name }],
  };
}

function lvm(context: Context, accept: readonly number[], command: string, ...rest: string[]): Action {
  return { do: 'run', argv: [command, ...only(context), ...rest], accept };
}

/**
 * LVM would otherwise read, and on activation change, volume groups of other disks. Nothing watches the pools
 * before they are in use: the watcher would outlive the installer's hold on the disk.
 */
export function only(context: Context): string[] {
  const config = `activation/monitoring=0 global/thin_check_options=${POOL_CHECK}`;
  return ['--devices', physicalVolume(context), '--config', config];
}

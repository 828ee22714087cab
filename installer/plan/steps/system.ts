import { TARGET, logicalVolume, partition, type Context } from '../context.ts';
import { AppError } from '../../../core/errors.ts';
import type { Image } from '../../medium/manifest.ts';
import { POOL_DIRECTORY } from '../files.ts';
import { holds, run, type Step } from '../step.ts';
import { uuidIs } from './partitions.ts';

const BOOT = '/run/qubeforge/boot';

/** dom0's file system on its volume, and all of it mounted as the new system will have it. */
export function systemSteps(context: Context): Step[] {
  const root = logicalVolume(context, 'root');
  return [
    {
      id: 'deploy-dom0',
      title: 'Write the system',
      apply: [
        run('blkdiscard', '--force', root),
        { do: 'deploy', image: dom0Image(context).name, to: root },
        run('tune2fs', '-U', context.identity.root, '-L', 'qubeforge-root', root),
        run('resize2fs', root),
      ],
      // What was written was compared with the signed list; this reads what arrived.
      verify: [uuidIs(root, context.identity.root), holds('e2fsck', '-f', '-n', root)],
    },
    mount('mount-root', 'Mount the new system', TARGET, ['-o', 'noatime', root]),
    {
      id: 'fill-boot',
      title: 'Fill /boot',
      apply: [
        run('mkdir', '-p', BOOT),
        run('mount', partition(context, 'boot'), BOOT),
        run('cp', '-a', `${TARGET}/boot/.`, BOOT),
        run('umount', BOOT),
      ],
      verify: [],
    },
    mount('mount-boot', 'Mount /boot', `${TARGET}/boot`, [partition(context, 'boot')]),
    mount('mount-esp', 'Mount the EFI system partition', `${TARGET}/boot/efi`, [partition(context, 'esp')]),
    ...(context.answers.storage.scheme === 'btrfs'
      ? [
          mount('mount-pool', 'Mount the pool of the qubes', TARGET + POOL_DIRECTORY, [
            logicalVolume(context, 'qubes'),
          ]),
        ]
      : []),
    ...['/dev', '/proc', '/sys', '/run'].map((path) =>
      mount(`mount${path.replace('/', '-')}`, `Lend ${path} to the new system`, TARGET + path, [
        '--bind',
        path,
      ]),
    ),
    ...(context.hardware.firmware.mode === 'uefi' ? [efiVariables()] : []),
  ];
}

function efiVariables(): Step {
  const path = '/sys/firmware/efi/efivars';
  return mount('mount-efivars', 'Lend the EFI variables to the new system', TARGET + path, ['--bind', path]);
}

function mount(id: string, title: string, at: string, options: readonly string[]): Step {
  return {
    id,
    title,
    transient: true,
    already: { argv: ['mountpoint', '-q', at] },
    apply: [run('mkdir', '-p', at), run('mount', ...options, at)],
    verify: [holds('mountpoint', '-q', at)],
    release: [['umount', at]],
  };
}

/** Throws an `AppError` (verification) when the medium has no system on it. */
export function dom0Image({ images }: Pick<Context, 'images'>): Image {
  const found = images.find((image) => image.kind === 'dom0');
  if (found !== undefined) return found;
  throw new AppError({
    kind: 'verification',
    code: 'medium.dom0',
    what: 'The medium holds no system to install',
    expected: 'an image of kind dom0 in the signed manifest',
    next: 'write the medium again',
  });
}

import { GIB } from '../../../core/bytes.ts';
import { IMAGE_SUFFIX, LVM_PREFIX, volumeName } from '../../../runtime/dom0/model/volumes.ts';
import { FIRST_BOOT_FILES } from '../../provision/first-boot.ts';
import type { Image } from '../../medium/manifest.ts';
import { TARGET, logicalVolume, type Context } from '../context.ts';
import { POOL_DIRECTORY } from '../files.ts';
import { volumeGroup } from '../identity.ts';
import { holds, run, write, type Step } from '../step.ts';
import { volume } from './volumes.ts';

/** Templates get this much room, however small their image is. */
const TEMPLATE_ROOT = 20 * GIB;

/** Templates become volumes; what needs the hypervisor is left to the first start. */
export function provisionSteps(context: Context): Step[] {
  const btrfs = context.answers.storage.scheme === 'btrfs';
  return [
    ...context.templates.flatMap((image) => [
      ...(btrfs ? templateFile(image) : templateVolume(context, image)),
      ...kernelStep(context, image),
    ]),
    {
      id: 'first-boot',
      title: 'Leave the rest to the first start',
      apply: [
        ...FIRST_BOOT_FILES.map((file) => write(TARGET + file.path, file.text, file.mode)),
        run('chroot', TARGET, 'systemctl', 'enable', 'qubeforge-first-boot.service'),
        { do: 'keep-log', path: `${TARGET}/var/log/qubeforge-install.log` },
      ],
      verify: FIRST_BOOT_FILES.map((file) => holds('test', '-s', TARGET + file.path)),
    },
  ];
}

function size(image: Image): number {
  return Math.max(TEMPLATE_ROOT, image['raw-size']);
}

/** What `qube` calls the committed root of a template. */
function rootOf({ name }: Image): string {
  return volumeName({ qube: name, role: 'root', form: 'base' });
}

function templateVolume(context: Context, image: Image): Step[] {
  const name = LVM_PREFIX + rootOf(image);
  const device = logicalVolume(context, name);
  const pool = `${volumeGroup(context.identity)}/qube-pool`;
  return [
    volume(context, name, `Make the volume of ${image.name}`, [
      ...['--thin', '-n', name, '-V', `${size(image)}b`, pool],
    ]),
    {
      id: `deploy:${image.name}`,
      title: `Write the template ${image.name}`,
      apply: [
        run('blkdiscard', '--force', device),
        { do: 'deploy', image: image.name, to: device },
        run('resize2fs', device),
      ],
      verify: [holds('e2fsck', '-f', '-n', device)],
    },
  ];
}

/** Where dom0 starts a template's qubes from. */
const KERNELS = '/var/lib/qubeforge/kernels';

/** Kernel and initrd lie beside the image on the medium; qubes are started with them from dom0. */
function kernelStep({ files }: Context, image: Image): Step[] {
  const folder = image.path.slice(0, image.path.lastIndexOf('/') + 1);
  const found = ['vmlinuz', 'initrd.img'].flatMap((name) => {
    const file = files.find((one) => one.path === folder + name);
    return file === undefined ? [] : [{ file, to: `${TARGET}${KERNELS}/${image.name}/${name}` }];
  });
  if (found.length === 0) return [];
  return [
    {
      id: `kernel:${image.name}`,
      title: `Copy the kernel of ${image.name}`,
      apply: found.map((one) => ({ do: 'copy', ...one })),
      verify: found.map((one) => holds('test', '-s', one.to)),
    },
  ];
}

function templateFile(image: Image): Step[] {
  const file = `${TARGET}${POOL_DIRECTORY}/${rootOf(image)}${IMAGE_SUFFIX}`;
  return [
    {
      id: `deploy:${image.name}`,
      title: `Write the template ${image.name}`,
      apply: [
        run('rm', '-f', file),
        run('truncate', '-s', String(size(image)), file),
        { do: 'deploy', image: image.name, to: file },
        run('resize2fs', file),
      ],
      verify: [holds('e2fsck', '-f', '-n', file)],
    },
  ];
}

import { join } from 'node:path';
import { AppError } from '../../core/errors.ts';
import { defineStage, type Outputs } from '../graph/stage.ts';
import { ext4Command } from './ext4.ts';
import { compressImage, findFormerFrames, segmentsCommand } from './frames/compress-image.ts';
import type { BuildPorts } from '../stages/ports.ts';
import { runInToolbox } from './run-in-toolbox.ts';

export interface TemplateImageOptions {
  /** Of the template: all images of it carry the same UUID, and share what is the same in them. */
  readonly name: string;
  /** Bytes of the file system. */
  readonly size: number;
  readonly label: string;
  /** Take kernel and initrd out of the tree, beside the image. */
  readonly kernel: boolean;
}

/**
 * Makes the root image of a template from its tree: an ext4 file system (never mounted; fixed UUID, hash seed
 * and times), compressed with zstd, and copies of the newest kernel and its initrd for PV and PVH start.
 */
export const templateImageStage = defineStage<TemplateImageOptions, BuildPorts>({
  name: 'template-image',
  version: 3,
  async run(context): Promise<Outputs> {
    const { options, inputs, ports } = context;
    const rootfs = inputs['rootfs']?.['rootfs'];
    if (rootfs === undefined) throw noRootfs();
    await using out = await ports.scratch();
    await using tree = await ports.linkNamed({ 'rootfs.tar': rootfs });
    const making = runInToolbox(context, {
      script: imageScript(options),
      inputs: { tree: tree.path },
      out: out.path,
    });
    // Hashed on this processor while mke2fs has the other.
    const former = findFormerFrames(context, options.name);
    former.catch(() => undefined);
    await making;
    const path = (name: string): string => join(out.path, name);
    const image = { name: options.name, path: path('root.img'), segments: path('segments'), former };
    return {
      'root.img.zst': await compressImage(context, image),
      ...(options.kernel && {
        vmlinuz: await ports.keep(path('vmlinuz')),
        initrd: await ports.keep(path('initrd')),
      }),
    };
  },
});

function noRootfs(): AppError {
  const what = 'a template image was planned without a root file system';
  return new AppError({ kind: 'bug', code: 'stage.no-rootfs', what });
}

function imageScript({ name, size, label, kernel }: TemplateImageOptions): string {
  // Debian's tools call the initrd the one, Fedora's the other.
  const takeKernel = `
mkdir /out/kernel
tar -C /out/kernel -xf /in/tree/rootfs.tar --wildcards './boot/vmlinuz-*' './boot/init*' 2>/dev/null || :
cd /out/kernel/boot
version=$(ls vmlinuz-* | sed 's,^vmlinuz-,,' | sort -V | tail -n 1)
mv "vmlinuz-$version" /out/vmlinuz
mv "initrd.img-$version" /out/initrd 2>/dev/null || mv "initramfs-$version.img" /out/initrd
rm -r /out/kernel`;
  return `
(${kernel ? takeKernel : ':'}
) & taking=$!
${ext4Command({ size, label, identity: name }, '/in/tree/rootfs.tar', '/out/root.img')}
${segmentsCommand('/out/root.img', '/out/segments')}
wait $taking`;
}

import { join } from 'node:path';
import { defineStage, type Outputs } from '../../graph/stage.ts';
import type { BuildPorts } from '../../stages/ports.ts';
import type { Sha256 } from '../../../core/digest.ts';
import { ext4Command } from '../ext4.ts';
import { inputOf } from '../input-of.ts';
import { runInToolbox } from '../run-in-toolbox.ts';
import { SQUASHFS_OPTIONS } from './squashfs.ts';

export interface LiveRootOptions {
  /** Bytes of the file system; the installer makes it as large as its volume. */
  readonly size: number;
  readonly label: string;
}

/**
 * dom0 as the medium carries it: `live`, a squashfs with one file, the ext4 image `root.img`. The live system
 * mounts that image read-only below a RAM disk, and the installer writes the same image to the disk, so dom0 is
 * on the medium once. Also `vmlinuz` and `initrd` for the boot loader.
 */
export const liveRootStage = defineStage<LiveRootOptions, BuildPorts>({
  name: 'live-root',
  version: 2,
  async run(context): Promise<Outputs> {
    const { ports, options, inputs } = context;
    const tar = inputOf(inputs, 'rootfs', 'rootfs');
    await using rootfs = await ports.linkNamed({ 'rootfs.tar': tar });
    await using out = await ports.scratch();
    await runInToolbox(context, {
      script: liveRootScript(options, tar.sha256, context.epoch),
      inputs: { rootfs: rootfs.path },
      out: out.path,
    });
    return {
      live: await ports.keep(join(out.path, 'dom0.squashfs')),
      vmlinuz: await ports.keep(join(out.path, 'vmlinuz')),
      initrd: await ports.keep(join(out.path, 'initrd.img')),
    };
  },
});

function liveRootScript(options: LiveRootOptions, rootfs: Sha256, epoch: number): string {
  return `
mkdir /build/live
tar -C /build -x -f /in/rootfs/rootfs.tar --wildcards './boot/vmlinuz-*' './boot/initrd.img-*'
cp /build/boot/vmlinuz-* /out/vmlinuz # fails when there are two kernels
cp /build/boot/initrd.img-* /out/initrd.img
${ext4Command({ ...options, identity: rootfs }, '/in/rootfs/rootfs.tar', '/build/live/root.img')}
touch -d @${epoch} /build/live /build/live/root.img
# Whole blocks only: the installer passes them to zstd as they are.
mksquashfs /build/live /out/dom0.squashfs -no-fragments ${SQUASHFS_OPTIONS.join(' ')} >&2
`;
}

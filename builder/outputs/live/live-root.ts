import { join } from 'node:path';
import { defineStage, type Outputs } from '../../graph/stage.ts';
import type { BuildPorts } from '../../stages/ports.ts';
import { inputOf } from '../input-of.ts';
import { runInToolbox } from '../run-in-toolbox.ts';
import { SQUASHFS_OPTIONS } from './squashfs.ts';

export interface LiveRootOptions {
  /** Bytes of the file system; the installer makes it as large as its volume. */
  readonly size: number;
  /** Of the file system, as `12345678-…`; the installer gives the installed one another. */
  readonly uuid: string;
}

/**
 * dom0 as the medium carries it: `live`, a squashfs with one file, the ext4 image `root.img`. The live system
 * mounts that image read-only below a RAM disk, and the installer writes the same image to the disk, so dom0 is
 * on the medium once. Also `vmlinuz` and `initrd` for the boot loader.
 */
export const liveRootStage = defineStage<LiveRootOptions, BuildPorts>({
  name: 'live-root',
  version: 1,
  async run(context): Promise<Outputs> {
    const { ports, options, inputs } = context;
    await using rootfs = await ports.linkNamed({ 'rootfs.tar': inputOf(inputs, 'rootfs', 'rootfs') });
    await using out = await ports.scratch();
    await runInToolbox(context, {
      script: liveRootScript(options, context.epoch),
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

function liveRootScript({ size, uuid }: LiveRootOptions, epoch: number): string {
  return `
mkdir /work/live
tar -C /work -x -f /in/rootfs/rootfs.tar --wildcards './boot/vmlinuz-*' './boot/initrd.img-*'
cp /work/boot/vmlinuz-* /out/vmlinuz # fails when there are two kernels
cp /work/boot/initrd.img-* /out/initrd.img
truncate -s ${size} /work/live/root.img
mke2fs -q -F -t ext4 -U ${uuid} -E hash_seed=${uuid},lazy_itable_init=0,lazy_journal_init=0,root_owner=0:0 \\
  -L qubeforge-root -d /in/rootfs/rootfs.tar /work/live/root.img >&2
touch -d @${epoch} /work/live /work/live/root.img
mksquashfs /work/live /out/dom0.squashfs ${SQUASHFS_OPTIONS.join(' ')} >&2
`;
}

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sha256 } from '../../core/digest.ts';
import { AppError } from '../../core/errors.ts';
import { defineStage, type Artifact, type Outputs } from '../graph/stage.ts';
import { ext4Command } from './ext4.ts';
import type { BuildPorts } from '../stages/ports.ts';
import { stageNeedsToolbox } from '../stages/toolbox.ts';

export interface TemplateImageOptions {
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
  version: 2,
  async run({ options, inputs, ports, toolbox, epoch, signal, sink, id }): Promise<Outputs> {
    const rootfs = inputs['rootfs']?.['rootfs'];
    if (rootfs === undefined) throw noRootfs();
    await using out = await ports.scratch();
    await using tree = await ports.linkNamed({ 'rootfs.tar': rootfs });
    await ports.sandbox({
      toolbox: await ports.toolboxTree(stageNeedsToolbox(toolbox)),
      script: imageScript(options, rootfs.sha256),
      inputs: { tree: tree.path },
      out: out.path,
      env: { SOURCE_DATE_EPOCH: String(epoch) },
      signal,
      log: (message) => {
        sink({ type: 'log', id, level: 'debug', message });
      },
    });
    const outputs: Record<string, Artifact> = {};
    for (const name of await readdir(out.path)) outputs[name] = await ports.keep(join(out.path, name));
    return outputs;
  },
});

function noRootfs(): AppError {
  const what = 'a template image was planned without a root file system';
  return new AppError({ kind: 'bug', code: 'stage.no-rootfs', what });
}

function imageScript({ size, label, kernel }: TemplateImageOptions, rootfs: Sha256): string {
  const takeKernel = `
version=$(tar -tf /in/tree/rootfs.tar --wildcards './boot/vmlinuz-*' | sed 's,.*/vmlinuz-,,' | sort -V | tail -n 1)
# Debian's tools call it the one, Fedora's the other.
initrd=$(tar -tf /in/tree/rootfs.tar "./boot/initrd.img-$version" 2>/dev/null || echo "./boot/initramfs-$version.img")
tar -C /build -xf /in/tree/rootfs.tar "./boot/vmlinuz-$version" "$initrd"
cp "/build/boot/vmlinuz-$version" /out/vmlinuz
cp "/build/$initrd" /out/initrd`;
  return `
${ext4Command({ size, label }, rootfs, '/in/tree/rootfs.tar', '/build/root.img')}
zstd -q -T0 -3 --check /build/root.img -o /out/root.img.zst
${kernel ? takeKernel : ''}`;
}

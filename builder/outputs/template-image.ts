import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf, type Sha256 } from '../../core/digest.ts';
import { AppError } from '../../core/errors.ts';
import { defineStage, type Artifact, type Outputs } from '../graph/stage.ts';
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
  version: 1,
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

/** A UUID (RFC 9562 §5.8, version 8) made of what it identifies. */
export function derivedUuid(kind: string, source: Sha256): string {
  const hex = digestOf({ kind, source });
  const variant = ((parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

function imageScript({ size, label, kernel }: TemplateImageOptions, rootfs: Sha256): string {
  const extended = [
    `hash_seed=${derivedUuid('hash-seed', rootfs)}`,
    ...['root_owner=0:0', 'nodiscard', 'lazy_itable_init=0', 'lazy_journal_init=0'],
  ].join(',');
  const takeKernel = `
version=$(tar -tf /in/tree/rootfs.tar --wildcards './boot/vmlinuz-*' | sed 's,.*/vmlinuz-,,' | sort -V | tail -n 1)
tar -C /work -xf /in/tree/rootfs.tar "./boot/vmlinuz-$version" "./boot/initrd.img-$version"
cp "/work/boot/vmlinuz-$version" /out/vmlinuz
cp "/work/boot/initrd.img-$version" /out/initrd`;
  return `
mke2fs -q -t ext4 -L ${label} -U ${derivedUuid('filesystem', rootfs)} -E ${extended} \\
  -d /in/tree/rootfs.tar /work/root.img ${Math.floor(size / 1024)}k >&2
zstd -q -T0 -6 --check /work/root.img -o /out/root.img.zst
${kernel ? takeKernel : ''}`;
}

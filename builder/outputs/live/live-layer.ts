import { join } from 'node:path';
import { defineStage, type Outputs } from '../../graph/stage.ts';
import type { BuildPorts } from '../../stages/ports.ts';
import type { OverlaySource } from '../../stages/debian/rootfs.ts';
import { shellQuote } from '../../sandbox/script.ts';
import { runInToolbox } from '../run-in-toolbox.ts';
import { SQUASHFS_OPTIONS } from './squashfs.ts';

export interface LiveLayerOptions {
  /** Files of the live system that the installed dom0 does not get; owners are root. */
  readonly files: readonly Pick<OverlaySource, 'content' | 'target' | 'mode'>[];
}

/** A small squashfs that lies over dom0's root in the live system: the installer and its consoles. */
export const liveLayerStage = defineStage<LiveLayerOptions, BuildPorts>({
  name: 'live-layer',
  version: 1,
  async run(context): Promise<Outputs> {
    const { ports, options } = context;
    await using files = await ports.linkBlobs(options.files.map(({ content }) => content));
    await using out = await ports.scratch();
    await runInToolbox(context, {
      script: liveLayerScript(options, context.epoch),
      inputs: { files: files.path },
      out: out.path,
    });
    return { layer: await ports.keep(join(out.path, 'installer.squashfs')) };
  },
});

function liveLayerScript({ files }: LiveLayerOptions, epoch: number): string {
  const lines = files.map(({ target, mode }, index) => {
    const place = shellQuote(`/build/layer${target}`);
    return [
      `mkdir -p ${shellQuote(`/build/layer${target.slice(0, target.lastIndexOf('/'))}`)}`,
      `cp /in/files/${String(index).padStart(5, '0')} ${place}`,
      `chmod ${mode} ${place}`,
    ].join('\n');
  });
  return `
mkdir /build/layer
${lines.join('\n')}
find /build/layer -exec touch -h -d @${epoch} {} +
mksquashfs /build/layer /out/installer.squashfs ${SQUASHFS_OPTIONS.join(' ')} >&2
`;
}

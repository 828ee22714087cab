import { join } from 'node:path';
import { defineStage, type Outputs } from '../../graph/stage.ts';
import type { BuildPorts } from '../../stages/ports.ts';
import { inputOf } from '../input-of.ts';
import { runInToolbox } from '../run-in-toolbox.ts';
import { treeCommands, xorrisoArguments } from './assemble.ts';
import { readBootImage } from './boot-image.ts';
import { PATHS } from './tree.ts';

export interface LayoutOptions {
  readonly label: string;
  /** Every path of the medium. */
  readonly paths: readonly string[];
}

/**
 * xorriso writes into the BIOS boot image where on the medium it lies (El Torito's boot information table), so
 * its bytes, and its digest in SHA256SUMS, are known only when the medium is laid out. This stage lays out the
 * same tree with all other files empty, which takes no time: the boot image comes first, whatever the rest weighs.
 */
export const layoutStage = defineStage<LayoutOptions, BuildPorts>({
  name: 'medium-layout',
  version: 1,
  async run(context): Promise<Outputs> {
    const { ports, options, inputs, epoch } = context;
    await using boot = await ports.linkNamed({
      bios: inputOf(inputs, 'boot', 'bios'),
      esp: inputOf(inputs, 'boot', 'esp'),
      mbr: inputOf(inputs, 'boot', 'mbr'),
    });
    await using out = await ports.scratch();
    const empty = options.paths.filter((path) => path !== PATHS.bios && path !== PATHS.esp);
    const settings = { label: options.label, epoch };
    await runInToolbox(context, {
      script: `
${treeCommands(options.paths, '/build/tree')}
cd /build/tree
rm -f ${PATHS.bios} ${PATHS.esp}
for path in ${empty.join(' ')}; do rm $path; : >$path; done
cp /in/boot/bios ${PATHS.bios}
cp /in/boot/esp ${PATHS.esp}
${xorrisoArguments(settings, '/in/boot/mbr', '/out/layout.iso').join(' ')} >&2`,
      inputs: { boot: boot.path },
      out: out.path,
    });
    const { size } = inputOf(inputs, 'boot', 'bios');
    return { bios: await ports.keepBytes(await readBootImage(join(out.path, 'layout.iso'), size)) };
  },
});

import { join } from 'node:path';
import { AppError } from '../../../core/errors.ts';
import { parseSha256 } from '../../../core/digest.ts';
import { defineStage, type Outputs } from '../../graph/stage.ts';
import type { BuildPorts } from '../../stages/ports.ts';
import { inputOf } from '../input-of.ts';
import { runInToolbox } from '../run-in-toolbox.ts';
import { treeCommands, xorrisoArguments } from './assemble.ts';
import { PATHS, sortedPaths } from './tree.ts';

export interface IsoOptions {
  readonly label: string;
}

/**
 * The hybrid ISO of all files that the medium stage names. xorriso writes into the original boot image; that
 * this gives the bytes which SHA256SUMS has is checked here.
 */
export const isoStage = defineStage<IsoOptions, BuildPorts>({
  name: 'iso',
  version: 1,
  async run(context): Promise<Outputs> {
    const { ports, options, inputs, epoch } = context;
    const files = inputs['medium'] ?? {};
    const paths = sortedPaths(files);
    const expected = inputOf(inputs, 'medium', PATHS.bios);
    const originals: Outputs = { ...files, [PATHS.bios]: inputOf(inputs, 'boot', 'bios') };
    await using tree = await ports.linkBlobs(paths.flatMap((path) => originals[path] ?? []));
    await using mbr = await ports.linkNamed({ mbr: inputOf(inputs, 'boot', 'mbr') });
    await using out = await ports.scratch();
    const { stdout } = await runInToolbox(context, {
      script: `
${treeCommands(paths, '/build/tree')}
cd /build/tree
${xorrisoArguments({ label: options.label, epoch }, '/in/boot/mbr', '/out/medium.iso').join(' ')} >&2
osirrox -indev /out/medium.iso -extract /${PATHS.bios} /build/bios.img >&2
sha256sum /build/bios.img`,
      inputs: { tree: tree.path, boot: mbr.path },
      out: out.path,
    });
    const got = parseSha256(stdout.slice(0, 64));
    if (got !== expected.sha256) throw movedBootImage(expected.sha256, got ?? stdout);
    return { iso: await ports.keep(join(out.path, 'medium.iso')) };
  },
});

function movedBootImage(expected: string, got: string): AppError {
  return new AppError({
    kind: 'bug',
    code: 'iso.layout',
    what: 'the BIOS boot image lies elsewhere on the medium than the layout said',
    where: PATHS.bios,
    expected,
    got,
  });
}

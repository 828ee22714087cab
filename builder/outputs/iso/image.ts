import { join } from 'node:path';
import { AppError } from '../../../core/errors.ts';
import { sha256 } from '../../../core/digest.ts';
import { defineStage, type Artifact, type Outputs } from '../../graph/stage.ts';
import type { BuildPorts } from '../../stages/ports.ts';
import { inputOf } from '../input-of.ts';
import { runInToolbox } from '../run-in-toolbox.ts';
import { treeCommands, xorrisoArguments } from './assemble.ts';
import { readBootImage } from './boot-image.ts';
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
    const medium = join(out.path, 'medium.iso');
    const writing = runInToolbox(context, {
      script: `
${treeCommands(paths, '/build/tree')}
cd /build/tree
${xorrisoArguments({ label: options.label, epoch }, '/in/boot/mbr', '/out/medium.iso').join(' ')} >&2`,
      inputs: { tree: tree.path, boot: mbr.path },
      out: out.path,
    });
    return {
      iso: await ports.keepWritten(
        medium,
        writing.then(() => checkBootImage(medium, expected)),
      ),
    };
  },
});

async function checkBootImage(path: string, { sha256: expected, size }: Artifact): Promise<void> {
  const got = sha256(await readBootImage(path, size));
  if (got !== expected) throw movedBootImage(expected, got);
}

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

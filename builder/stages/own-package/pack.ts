import { AppError } from '../../../core/errors.ts';
import { writeDeb } from '../../formats/deb-write.ts';
import { writeRpm } from '../../formats/rpm/package-write.ts';
import { defineStage, type Outputs, type StageContext } from '../../graph/stage.ts';
import { inputOf } from '../../outputs/input-of.ts';
import type { BuildPorts } from '../ports.ts';
import { ownDebSpec } from './deb.ts';
import type { OwnPackageFile, OwnPackageOptions } from './options.ts';
import { ownRpmSpec } from './rpm.ts';

/**
 * Packs a package of ours; the output has the name of the format. The input `compiled`, if there is one, has its
 * programs.
 */
export const ownPackageStage = defineStage<OwnPackageOptions, BuildPorts>({
  name: 'own-package',
  version: 6,
  async run(context): Promise<Outputs> {
    const { options, ports, epoch } = context;
    const contents: Buffer[] = [];
    for (const file of options.files) contents.push(await bytesOf(context, file));
    return { [options.format]: await ports.keepBytes(packed(options, contents, epoch)) };
  },
});

/** The bytes of a package file. `contents` are the bytes of `options.files`, in their order. */
export function packed(options: OwnPackageOptions, contents: readonly Uint8Array[], epoch: number): Buffer {
  return options.format === 'deb'
    ? writeDeb(ownDebSpec(options, contents, epoch))
    : writeRpm(ownRpmSpec(options, contents, epoch));
}

async function bytesOf(
  { ports, inputs, options }: StageContext<OwnPackageOptions, BuildPorts>,
  { content, target }: OwnPackageFile,
): Promise<Buffer> {
  const where = `${options.name}: ${target}`;
  const blob = 'output' in content ? inputOf(inputs, 'compiled', content.output) : content;
  const bytes = await ports.store.read(blob, where);
  if (bytes.length === blob.size) return bytes;
  throw new AppError({ kind: 'bug', code: 'own-package.size', what: 'a source has another size', where });
}

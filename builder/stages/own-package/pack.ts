import { AppError } from '../../../core/errors.ts';
import { writeDeb } from '../../formats/deb-write.ts';
import { defineStage, type Outputs, type StageContext } from '../../graph/stage.ts';
import { inputOf } from '../../outputs/input-of.ts';
import type { BuildPorts } from '../ports.ts';
import { ownPackageSpec, type OwnPackageFile, type OwnPackageOptions } from './spec.ts';

/** Packs a package of ours as a .deb. The input `compiled`, if there is one, has its programs. */
export const ownPackageStage = defineStage<OwnPackageOptions, BuildPorts>({
  name: 'own-package',
  version: 3,
  async run(context): Promise<Outputs> {
    const { options, ports, epoch } = context;
    const contents: Buffer[] = [];
    for (const file of options.files) contents.push(await bytesOf(context, file));
    return { deb: await ports.keepBytes(writeDeb(ownPackageSpec(options, contents, epoch))) };
  },
});

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

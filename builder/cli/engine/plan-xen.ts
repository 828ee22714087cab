import { AppError } from '../../../core/errors.ts';
import { defineNode, type Node } from '../../graph/node.ts';
import type { LockedSource } from '../../lock/schema.ts';
import type { BuildPorts } from '../../stages/ports.ts';
import { sourcePackageOf } from '../../recipe/source.ts';
import { xenBuildStage, xenStage, xenUpstreamStage } from '../../xen/stage.ts';
import { packageRef } from './debian.ts';
import { epochOf } from './families.ts';
import type { LockedRecipe, Product } from './plan.ts';

/** The node of a hypervisor: of upstream, or compared with the distribution's. */
export function xenNode(locked: LockedRecipe, toolbox: Node<BuildPorts>): Node<BuildPorts> {
  const { loaded, lock } = locked;
  const { recipe } = loaded;
  if (lock.family !== 'debian') throw notXen(recipe.name);
  const [binary] = lock.packages;
  const epoch = epochOf(locked);
  const common = { recipe: recipe.name, toolbox, epoch };
  if (lock.upstream !== undefined) {
    const { name: version, size, sha256 } = lock.upstream;
    return defineNode(xenUpstreamStage, {
      ...common,
      title: `Compile Xen ${version}`,
      options: { version, source: { size, sha256 } },
    });
  }
  if (recipe.kind !== 'xen' || binary === undefined) throw notXen(recipe.name);
  const name = sourcePackageOf(recipe) ?? '';
  const source = lock.sources.find((one) => one.name === name);
  const built =
    source === undefined
      ? undefined
      : defineNode(xenBuildStage, {
          ...common,
          title: `Compile Xen ${source.version}`,
          options: { orig: sourceFile(source, '.orig.tar.'), debian: sourceFile(source, '.debian.tar.') },
        });
  const missing = { missingSource: `no mirror has the source of ${name}` };
  return defineNode(xenStage, {
    ...common,
    title: 'Compare Xen with the distribution',
    options: {
      binary: packageRef(binary),
      onDifference: recipe['on-difference'],
      ...(built === undefined ? missing : {}),
    },
    inputs: built === undefined ? {} : { built },
  });
}

/** The files of a hypervisor in the output directory. */
export function xenProducts(recipe: string, node: Node<BuildPorts>): Product[] {
  return [
    { node, output: 'xen.gz', file: `${recipe}.gz` },
    { node, output: 'xen.efi', file: `${recipe}.efi` },
    { node, output: 'facts', file: `${recipe}.facts.json` },
  ];
}

function sourceFile(source: LockedSource, part: string): LockedSource['files'][number] {
  const found = source.files.find(({ name }) => name.includes(part));
  if (found !== undefined) return { ...found };
  throw new AppError({
    kind: 'recipe',
    code: 'xen.source-format',
    what: 'the source package is not of format 3.0 (quilt)',
    where: `${source.name} ${source.version}`,
    expected: `a file *${part}*`,
    got: source.files.map(({ name }) => name).join(', '),
  });
}

function notXen(recipe: string): AppError {
  const what = 'a hypervisor was planned from a recipe that names no binary package';
  return new AppError({ kind: 'recipe', code: 'xen.packages', what, where: recipe });
}

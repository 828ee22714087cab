import { AppError } from '../../core/errors.ts';
import { defineStage, type Outputs } from '../graph/stage.ts';
import { openPackages, type PackageRef } from './debian/packages.ts';
import type { BuildPorts } from './ports.ts';

export interface ToolboxOptions {
  /** In an order in which later packages may stand on earlier ones. */
  readonly packages: readonly PackageRef[];
}

/**
 * A toolbox is unpacked and never configured: no maintainer script of it runs, so it needs no sandbox and no
 * other toolbox. Its outputs are the uncompressed packages and the list of the tree that they make.
 */
export const toolboxStage = defineStage<ToolboxOptions, BuildPorts>({
  name: 'toolbox',
  version: 3,
  async run({ id, options, ports, sink, signal }): Promise<Outputs> {
    const packages = await openPackages(ports, options.packages, { id, sink, signal });
    const data = packages.map((pkg) => pkg.data);
    const tree = await ports.makeToolboxTree(data);
    return { tree, ...Object.fromEntries(data.map((extent, index) => [dataName(index), extent])) };
  },
});

function dataName(index: number): string {
  return `data-${String(index).padStart(5, '0')}`;
}

/** The packages of a toolbox, in order. */
export function toolboxData(outputs: Outputs): Outputs[string][] {
  return Object.keys(outputs)
    .filter((name) => name.startsWith('data-'))
    .sort()
    .flatMap((name) => outputs[name] ?? []);
}

/** The toolbox of a stage that cannot do without. */
export function stageNeedsToolbox(toolbox: Outputs | undefined): Outputs {
  if (toolbox !== undefined) return toolbox;
  throw new AppError({
    kind: 'bug',
    code: 'stage.no-toolbox',
    what: 'a stage was planned without a toolbox',
  });
}

/**
 * Starts to check the tree of the toolbox that a stage needs, so that it is checked beside what the stage does before
 * its sandbox. A failure shows where the result is awaited.
 */
export function startToolbox(ports: BuildPorts, toolbox: Outputs | undefined): Promise<string> {
  const tree = ports.toolboxTree(stageNeedsToolbox(toolbox));
  tree.catch(() => undefined);
  return tree;
}

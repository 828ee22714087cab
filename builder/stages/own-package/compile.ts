import { join } from 'node:path';
import { defineStage, type Artifact, type Outputs } from '../../graph/stage.ts';
import { runInToolbox } from '../../outputs/run-in-toolbox.ts';
import { shellQuote } from '../../sandbox/script.ts';
import type { BuildPorts } from '../ports.ts';

export interface OwnCompileOptions {
  /** Makefile and C sources, by file name. */
  readonly sources: Readonly<Record<string, Artifact>>;
  /** Targets of make, each of which is an output of this node. */
  readonly outputs: readonly string[];
}

/**
 * Compiles the programs of a package of ours with the compiler toolbox. It is a node of its own, so that another
 * shell script in the package compiles nothing.
 */
export const ownCompileStage = defineStage<OwnCompileOptions, BuildPorts>({
  name: 'own-compile',
  version: 1,
  async run(context): Promise<Outputs> {
    const { ports, options } = context;
    await using source = await ports.linkNamed(options.sources);
    await using out = await ports.scratch();
    await runInToolbox(context, {
      script: compileScript(options.outputs),
      inputs: { source: source.path },
      out: out.path,
    });
    const kept: Record<string, Artifact> = {};
    for (const name of options.outputs) kept[name] = await ports.keep(join(out.path, name));
    return kept;
  },
});

/** The toolbox is unpacked and not configured, so there is no `cc`, which is an alternative. */
function compileScript(outputs: readonly string[]): string {
  const names = outputs.map(shellQuote).join(' ');
  return `
mkdir /build/source
cp /in/source/* /build/source/
cd /build/source
make CC=gcc ${names} >&2
strip --strip-unneeded --remove-section=.comment ${names}
cp ${names} /out/
`;
}

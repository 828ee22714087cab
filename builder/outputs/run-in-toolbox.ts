import type { StageContext } from '../graph/stage.ts';
import type { SandboxJob, SandboxResult } from '../sandbox/job.ts';
import type { BuildPorts } from '../stages/ports.ts';
import { stageNeedsToolbox } from '../stages/toolbox.ts';

/** Runs a script of a stage in the sandbox of its toolbox, with its epoch, its signal and its log. */
export async function runInToolbox(
  { ports, toolbox, epoch, signal, sink, id }: StageContext<unknown, BuildPorts>,
  job: Pick<SandboxJob, 'script' | 'files' | 'inputs' | 'out' | 'env' | 'timeout'>,
): Promise<SandboxResult> {
  return ports.sandbox({
    ...job,
    toolbox: await ports.toolboxTree(stageNeedsToolbox(toolbox)),
    env: { SOURCE_DATE_EPOCH: String(epoch), ...job.env },
    signal,
    log: (message) => {
      sink({ type: 'log', id, level: 'debug', message });
    },
  });
}

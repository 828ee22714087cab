import { describeError } from '../../../core/errors.ts';
import { markWanted } from './records.ts';
import { start } from './start.ts';
import type { Context } from './context.ts';
import type { Qube } from '../model/resolve.ts';

/** Exit code of a boot that left a qube behind. */
const SOME_FAILED = 5;

/** The qubes that start at boot, in their order. */
export function autostarted(qubes: ReadonlyMap<string, Qube>): readonly Qube[] {
  return [...qubes.values()]
    .filter(({ autostart }) => autostart !== undefined)
    .sort((a, b) => (a.autostart ?? 0) - (b.autostart ?? 0));
}

/**
 * Starts the qubes of the boot, one line each. One that fails is reported and passed over: a machine
 * without its network still opens its vault.
 */
export async function startAll(context: Context, patience: number): Promise<number> {
  let failed = 0;
  for (const qube of autostarted(context.qubes)) {
    try {
      await start(context, qube, { patience });
      await markWanted(context.machine, qube.name);
      report(context, 'info', `${qube.name}: running`);
    } catch (error) {
      failed += 1;
      report(context, 'error', `${qube.name}: did not start\n${describeError(error)}`);
    }
  }
  return failed === 0 ? 0 : SOME_FAILED;
}

function report({ sink }: Context, level: 'info' | 'error', message: string): void {
  sink({ type: 'log', level, message });
}

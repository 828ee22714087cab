import { holdMachine } from '../../qubes/apply.ts';
import { openContext } from '../../qubes/context.ts';
import { reconcile } from '../../qubes/reconcile.ts';
import { patience, WAIT } from '../command.ts';
import type { QubeCommand } from '../command.ts';

export const reconcileCommand: QubeCommand = {
  name: 'reconcile',
  usage: 'reconcile [--wait SECONDS]',
  summary: 'clean up after qubes that went away (a service runs it)',
  options: WAIT,
  words: { min: 0, max: 0 },
  run: async (call) => {
    const { machine, sink, file } = call;
    await using _held = await holdMachine({ machine });
    await reconcile(await openContext(machine, sink, file), patience(call));
    return 0;
  },
};

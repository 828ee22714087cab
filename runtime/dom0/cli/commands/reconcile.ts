import { holdMachine } from '../../qubes/apply.ts';
import { openContext } from '../../qubes/context.ts';
import { reconcile } from '../../qubes/reconcile.ts';
import type { QubeCommand } from '../command.ts';

const PATIENCE = 180_000;

export const reconcileCommand: QubeCommand = {
  name: 'reconcile',
  usage: 'reconcile',
  summary: 'clean up after qubes that went away (a service runs it)',
  words: { min: 0, max: 0 },
  run: async ({ machine, sink, file }) => {
    await using _held = await holdMachine({ machine });
    await reconcile(await openContext(machine, sink, file), PATIENCE);
    return 0;
  },
};

import { holdMachine } from '../../qubes/apply.ts';
import { openContext, qubeNamed } from '../../qubes/context.ts';
import { markStopped, markWanted } from '../../qubes/records.ts';
import { start } from '../../qubes/start.ts';
import { stop } from '../../qubes/stop.ts';
import type { Call, QubeCommand } from '../command.ts';

const START_PATIENCE = 180_000;
const STOP_PATIENCE = 60_000;

const ONE_OR_MORE = { min: 1, max: 100 } as const;
const KILL = { kill: { type: 'boolean' } } as const;

export const startCommand: QubeCommand = {
  name: 'start',
  usage: 'start NAME…',
  summary: 'start qubes, and the netvms that they need',
  words: ONE_OR_MORE,
  run: (call) => each(call, ['start']),
};

export const stopCommand: QubeCommand = {
  name: 'stop',
  usage: 'stop [--kill] NAME…',
  summary: 'stop qubes: their roots are committed or dropped',
  options: KILL,
  words: ONE_OR_MORE,
  run: (call) => each(call, ['stop']),
};

export const restartCommand: QubeCommand = {
  name: 'restart',
  usage: 'restart [--kill] NAME…',
  summary: 'stop qubes and start them again',
  options: KILL,
  words: ONE_OR_MORE,
  run: (call) => each(call, ['stop', 'start']),
};

async function each(call: Call, deeds: readonly ('start' | 'stop')[]): Promise<number> {
  await using _held = await holdMachine(call);
  const context = await openContext(call.machine, call.sink, call.file);
  for (const name of call.words) {
    for (const deed of deeds) {
      if (deed === 'stop') {
        await markStopped(call.machine, name);
        await stop(context, name, { patience: STOP_PATIENCE, kill: call.flags['kill'] === true });
      } else {
        await start(context, qubeNamed(context, name), { patience: START_PATIENCE });
        await markWanted(call.machine, name);
      }
    }
  }
  return 0;
}

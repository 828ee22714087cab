import { holdMachine } from '../../qubes/apply.ts';
import { openContext, qubeNamed } from '../../qubes/context.ts';
import { markStopped, markWanted } from '../../qubes/records.ts';
import { start } from '../../qubes/start.ts';
import { stop } from '../../qubes/stop.ts';
import { patience, WAIT } from '../command.ts';
import type { Call, QubeCommand } from '../command.ts';

/** Seconds that a guest has for its own shutdown. */
const STOP_WAIT = 60;

const ONE_OR_MORE = { min: 1, max: 100 } as const;
const KILL = { kill: { type: 'boolean' }, ...WAIT } as const;

export const startCommand: QubeCommand = {
  name: 'start',
  usage: 'start [--wait SECONDS] NAME…',
  summary: 'start qubes, and the netvms that they need',
  options: WAIT,
  words: ONE_OR_MORE,
  run: (call) => each(call, ['start']),
};

export const stopCommand: QubeCommand = {
  name: 'stop',
  usage: 'stop [--kill] [--wait SECONDS] NAME…',
  summary: 'stop qubes: their roots are committed or dropped',
  options: KILL,
  words: ONE_OR_MORE,
  run: (call) => each(call, ['stop']),
};

export const restartCommand: QubeCommand = {
  name: 'restart',
  usage: 'restart [--kill] [--wait SECONDS] NAME…',
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
        await stop(context, name, { patience: patience(call, STOP_WAIT), kill: call.flags['kill'] === true });
      } else {
        await start(context, qubeNamed(context, name), { patience: patience(call) });
        await markWanted(call.machine, name);
      }
    }
  }
  return 0;
}

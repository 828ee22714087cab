import { AppError } from '../../../../core/errors.ts';
import { channelSocket } from '../../qubes/channel.ts';
import { openDisposable } from '../../qubes/disposable.ts';
import { openContext } from '../../qubes/context.ts';
import { patience, textFlag, WAIT } from '../command.ts';
import type { Call, QubeCommand } from '../command.ts';

const DEFAULT_USER = 'user';

export const runCommand: QubeCommand = {
  name: 'run',
  usage: 'run NAME [--user USER] [--disposable] [--wait SECONDS] -- COMMAND…',
  summary: 'run a command in a qube: its streams and exit code become ours',
  options: { user: { type: 'string' }, disposable: { type: 'boolean' }, ...WAIT },
  words: { min: 1, max: 1 },
  run: async (call) => {
    const [name = ''] = call.words;
    if (call.rest.length === 0) throw noCommand(name);
    if (call.flags['disposable'] !== true) return runIn(call, name);
    const context = await openContext(call.machine, call.sink, call.file);
    const disposable = await openDisposable(context, name, patience(call));
    try {
      return await runIn(call, disposable.name);
    } finally {
      await disposable.close();
    }
  },
};

async function runIn(call: Call, name: string): Promise<number> {
  const socket = channelSocket(name);
  const user = textFlag(call, 'user') ?? DEFAULT_USER;
  return call.machine.attach({
    argv: ['/usr/lib/qubeforge/qubeforge-call', socket, 'qubeforge.Run', user, ...call.rest],
  });
}

function noCommand(name: string): AppError {
  return new AppError({
    kind: 'usage',
    code: 'run.command',
    what: 'there is no command to run',
    next: `qube run ${name} -- COMMAND`,
  });
}

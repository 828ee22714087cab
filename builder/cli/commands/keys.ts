import { unknownWord } from '../unknown-word.ts';
import { defineCommand, type Command, type Context } from '../command.ts';

/** What the user wants to know about the pinned keys. */
export interface KeysRequest {
  /** `list` shows them; `check` fails when one is expired, weak or not what keys.yaml says. */
  readonly mode: 'list' | 'check';
}

const ACTIONS = ['check'];

/** The command `keys`, with what does the work. */
export function keysCommand(keys: (context: Context, request: KeysRequest) => Promise<void>): Command {
  return defineCommand({
    name: 'keys',
    summary: 'list the pinned keys with their validity, or check them',
    positionals: { name: 'check', min: 0, max: 1, complete: ACTIONS },
    options: {},
    async run(context, { positionals: [action] }) {
      if (action !== undefined && action !== 'check') {
        throw unknownWord('action', action, ACTIONS, 'qubeforge keys');
      }
      await keys(context, { mode: action === undefined ? 'list' : 'check' });
    },
  });
}

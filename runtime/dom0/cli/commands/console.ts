import { printable } from '../../model/guest-word.ts';
import { openContext, qubeNamed } from '../../qubes/context.ts';
import type { QubeCommand } from '../command.ts';

export const consoleCommand: QubeCommand = {
  name: 'console',
  usage: 'console NAME',
  summary: 'the text console of a qube, made harmless for our terminal; leave with Ctrl-]',
  words: { min: 1, max: 1 },
  run: async ({ machine, sink, file, words }) => {
    const { name } = qubeNamed(await openContext(machine, sink, file), words[0] ?? '');
    return machine.attach({ argv: ['xl', 'console', name] }, printable);
  },
};

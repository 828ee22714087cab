import { holdMachine } from '../../qubes/apply.ts';
import { openContext, qubeNamed } from '../../qubes/context.ts';
import { importTemplate } from '../../qubes/import.ts';
import type { QubeCommand } from '../command.ts';

export const importCommand: QubeCommand = {
  name: 'import',
  usage: 'import NAME DIRECTORY',
  summary: 'bring in the root, kernel and initrd of a template from a built image',
  words: { min: 2, max: 2 },
  run: async ({ machine, sink, file, words }) => {
    const [name = '', directory = ''] = words;
    await using _held = await holdMachine({ machine });
    const context = await openContext(machine, sink, file);
    await importTemplate(context, qubeNamed(context, name), directory);
    return 0;
  },
};

import { completionScript, SHELLS } from '../completion.ts';
import { defineCommand, type Command } from '../command.ts';
import { unknownWord } from '../unknown-word.ts';

/** The command `completion` for a table of commands; a function, because it is in that table itself. */
export function completionCommand(commands: () => readonly Command[]): Command {
  return defineCommand({
    name: 'completion',
    summary: 'print a completion script for bash, zsh or fish',
    details: 'For example: source <(qubeforge completion bash)',
    positionals: { name: 'SHELL', min: 1, max: 1, complete: SHELLS },
    options: {},
    async run({ sink, recipes }, { positionals: [name = ''] }) {
      const shell = SHELLS.find((known) => known === name);
      if (shell === undefined) throw unknownWord('shell', name, SHELLS, 'qubeforge completion');
      const text = completionScript(shell, commands(), await recipes.names()).trimEnd();
      sink({ type: 'result', name: 'completion', value: text, text });
    },
  });
}

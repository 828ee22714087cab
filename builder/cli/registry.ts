import type { Command } from './command.ts';
import { completionCommand } from './commands/completion.ts';
import { doctorCommand } from './commands/doctor.ts';
import { schemaCommand } from './commands/schema.ts';

/** Every command of the program, in the order of the help. A new command is one file and one line here. */
export const COMMANDS: readonly Command[] = [doctorCommand, schemaCommand, completionCommand(() => COMMANDS)];

import { availableParallelism } from 'node:os';
import type { Command } from './command.ts';
import { buildCommand } from './commands/build.ts';
import { completionCommand } from './commands/completion.ts';
import { doctorCommand } from './commands/doctor.ts';
import { schemaCommand } from './commands/schema.ts';

/** Every command of the program, in the order of the help. A new command is one file and one line here. */
export const COMMANDS: readonly Command[] = [
  buildCommand(
    async (context, request) => (await import('./engine/build.ts')).build(context, request),
    ['rootfs-tar', 'template-image'],
    availableParallelism(),
  ),
  doctorCommand,
  schemaCommand,
  completionCommand(() => COMMANDS),
];

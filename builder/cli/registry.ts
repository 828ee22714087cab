import { availableParallelism } from 'node:os';
import type { Command } from './command.ts';
import { buildCommand } from './commands/build.ts';
import { completionCommand } from './commands/completion.ts';
import { diffCommand } from './commands/diff.ts';
import { doctorCommand } from './commands/doctor.ts';
import { explainCommand } from './commands/explain.ts';
import { gcCommand } from './commands/gc.ts';
import { keysCommand } from './commands/keys.ts';
import { lockCommand } from './commands/lock.ts';
import { runCommand } from './commands/run.ts';
import { traceCommand } from './commands/trace.ts';
import { verifyCommand } from './commands/verify.ts';
import { reproduceCommand } from './commands/reproduce.ts';
import { schemaCommand } from './commands/schema.ts';

/** Every command of the program, in the order of the help. A new command is one file and one line here. */
export const COMMANDS: readonly Command[] = [
  buildCommand(
    async (context, request) => (await import('./engine/build.ts')).build(context, request),
    ['rootfs-tar', 'template-image', 'xen', 'iso'],
    availableParallelism(),
  ),
  lockCommand(async (context, request) => (await import('./engine/lock.ts')).lock(context, request)),
  verifyCommand(async (context, request) => (await import('./engine/verify.ts')).verify(context, request)),
  reproduceCommand(
    async (context, request) => (await import('./engine/reproduce.ts')).reproduce(context, request),
    availableParallelism(),
  ),
  traceCommand(async (context, request) => (await import('./engine/trace.ts')).trace(context, request)),
  diffCommand(async (context, request) => (await import('./engine/diff.ts')).diff(context, request)),
  explainCommand(async (context, request) => (await import('./engine/explain.ts')).explain(context, request)),
  runCommand(async (context, request) => (await import('./engine/run.ts')).runImage(context, request)),
  keysCommand(async (context, request) => (await import('./engine/keys.ts')).keys(context, request)),
  gcCommand(async (context, request) => (await import('./engine/gc.ts')).gc(context, request)),
  doctorCommand,
  schemaCommand,
  completionCommand(() => COMMANDS),
];

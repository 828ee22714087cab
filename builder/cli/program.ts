import { describeError, AppError, exitCodeOf } from '../../core/errors.ts';
import type { Event, EventSink } from '../../core/events.ts';
import type { Clock } from '../../core/ports.ts';
import { VERSION } from '../../core/version.ts';
import { openReporter, type Reporter } from '../../edge/reporter.ts';
import { recipeFiles } from '../../edge/recipe-files.ts';
import type { Command, Context } from './command.ts';
import { globalsOf } from './globals.ts';
import { commandHelp, generalHelp } from './help.ts';
import { parseCommandLine, type Parsed } from './parse.ts';
import { join } from 'node:path';

/** Exit code after Ctrl-C, as shells have it: 128 + SIGINT. */
const INTERRUPTED = 130;

/** The process as a program sees it. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly root: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly stderrStream: NodeJS.WriteStream;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
}

/** Runs one command line and gives the exit code. Never throws: every failure becomes an `error` event. */
export async function runProgram(
  commands: readonly Command[],
  argv: readonly string[],
  surroundings: Surroundings,
): Promise<number> {
  const { env, cwd, stderr, stdout } = surroundings;
  let reporter: Reporter | undefined;
  try {
    const parsed = parseCommandLine(commands, argv);
    if (parsed.values.version) {
      stdout(`qubeforge ${VERSION}\n`);
      return 0;
    }
    if (parsed.command === undefined || parsed.values.help) {
      return printHelp(commands, parsed, stdout, stderr);
    }
    const globals = globalsOf(parsed.values, env, cwd);
    const opened = await openReporter({ ...surroundings, ...globals });
    reporter = opened;
    const context: Context = {
      ...surroundings,
      sink: opened.sink,
      release: () => opened.close(),
      recipes: recipeFiles([join(surroundings.root, 'recipes')], cwd),
      globals,
    };
    await parsed.command.run(context, parsed);
    await opened.close();
    return 0;
  } catch (error) {
    return await fail(error, reporter, surroundings);
  }
}

function printHelp(
  commands: readonly Command[],
  { command, values }: Parsed,
  stdout: (text: string) => void,
  stderr: (text: string) => void,
): number {
  const text = command === undefined ? generalHelp(commands) : commandHelp(command);
  (values.help ? stdout : stderr)(`${text}\n`);
  return values.help ? 0 : 2;
}

async function fail(
  error: unknown,
  reporter: Reporter | undefined,
  { signal, stderr }: Surroundings,
): Promise<number> {
  const event = signal.aborted ? interrupted() : errorEvent(error);
  const sink: EventSink = reporter?.sink ?? (() => undefined);
  sink(event);
  await reporter?.close();
  if (reporter === undefined) stderr(`${event.text}\n`);
  return event.exitCode;
}

type ErrorEvent = Extract<Event, { type: 'error' }>;

function interrupted(): ErrorEvent {
  const message = 'interrupted; the next run goes on from what is finished';
  return {
    type: 'error',
    kind: 'interrupted',
    code: 'interrupted',
    exitCode: INTERRUPTED,
    message,
    text: message,
  };
}

function errorEvent(error: unknown): ErrorEvent {
  const known = error instanceof AppError ? error : undefined;
  return {
    type: 'error',
    kind: known?.kind ?? 'bug',
    code: known?.code ?? 'bug',
    exitCode: exitCodeOf(error),
    message: error instanceof Error ? error.message : String(error),
    text: describeError(error),
  };
}

import { parseArgs } from 'node:util';
import { AppError, describeError, exitCodeOf } from '../../../core/errors.ts';
import { VERSION } from '../../../core/version.ts';
import { PATHS } from '../machine/paths.ts';
import { COMMANDS } from './registry.ts';
import { lineSink } from './report.ts';
import type { Machine } from '../../../core/machine.ts';
import type { QubeCommand } from './command.ts';
import type { Streams } from './report.ts';

const COMMON = {
  file: { type: 'string' },
  json: { type: 'boolean' },
  quiet: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

/** `qube` with its arguments; resolves with the exit code. */
export async function program(argv: readonly string[], machine: Machine, streams: Streams): Promise<number> {
  try {
    return await dispatch(argv, machine, streams);
  } catch (error) {
    streams.err(`${describeError(error)}\n`);
    return exitCodeOf(error);
  }
}

async function dispatch(argv: readonly string[], machine: Machine, streams: Streams): Promise<number> {
  const [name = '--help', ...args] = argv;
  if (['--version', 'version'].includes(name)) {
    streams.out(`qube ${VERSION}\n`);
    return 0;
  }
  if (['--help', '-h', 'help'].includes(name)) {
    streams.out(help());
    return 0;
  }
  const command = COMMANDS.find((one) => one.name === name);
  if (command === undefined) throw usage(`there is no command ${name}`, 'qube --help');
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  const { values, positionals } = parse(command, args.slice(0, end));
  if (values['help'] === true) {
    streams.out(`qube ${command.usage}\n  ${command.summary}\n`);
    return 0;
  }
  if (positionals.length < command.words.min || positionals.length > command.words.max) {
    throw usage(`${name} takes other words`, `qube ${command.usage}`);
  }
  const sink = lineSink(streams, { json: values['json'] === true, quiet: values['quiet'] === true });
  const file = typeof values['file'] === 'string' ? values['file'] : PATHS.qubes;
  return command.run({ words: positionals, flags: values, rest: args.slice(end + 1), file, machine, sink });
}

interface Parsed {
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];
}

function parse(command: QubeCommand, args: readonly string[]): Parsed {
  try {
    const options = { ...COMMON, ...command.options };
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const flags = Object.entries(values).filter(
      (entry): entry is [string, string | boolean] => !Array.isArray(entry[1]),
    );
    return { values: Object.fromEntries(flags), positionals };
  } catch (error) {
    throw usage(error instanceof Error ? error.message : String(error), `qube ${command.usage}`);
  }
}

function usage(what: string, next: string): AppError {
  return new AppError({ kind: 'usage', code: 'usage', what, next });
}

function help(): string {
  const width = Math.max(...COMMANDS.map(({ usage: text }) => text.length));
  const lines = COMMANDS.map(({ usage: text, summary }) => `  qube ${text.padEnd(width)}  ${summary}`);
  return [
    'qube: the qubes of this machine, as /etc/qubeforge/qubes.yaml describes them',
    '',
    ...lines,
    '',
    '  --file FILE  another file of qubes    --json  one event a line    --quiet  no progress    --version',
    '',
  ].join('\n');
}

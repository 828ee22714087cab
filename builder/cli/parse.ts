import { parseArgs, type ParseArgsConfig } from 'node:util';
import { AppError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import type { Command, OptionSpec, OptionTable, Values } from './command.ts';
import { GLOBAL_OPTIONS } from './globals.ts';
import { unknownWord } from './unknown-word.ts';

/** A command line, read. Without a command it asks for the general help. */
export interface Parsed {
  readonly command: Command | undefined;
  readonly positionals: readonly string[];
  readonly values: Values<typeof GLOBAL_OPTIONS> & Readonly<Record<string, unknown>>;
}

/** Reads the arguments behind the program's name. Throws an `AppError` of kind `usage`. */
export function parseCommandLine(commands: readonly Command[], argv: readonly string[]): Parsed {
  const at = commandIndex(argv);
  const name = at === undefined ? undefined : argv[at];
  const command = name === undefined ? undefined : findCommand(commands, name);
  const rest = at === undefined ? [...argv] : argv.toSpliced(at, 1);
  const table: OptionTable = { ...GLOBAL_OPTIONS, ...command?.options };
  const { values, positionals } = readOptions(rest, table, command?.name);
  const isRun = values['help'] !== true && values['version'] !== true;
  if (command !== undefined && isRun) checkPositionals(command, positionals);
  return { command, positionals, values: complete(table, values) };
}

/** The first word that is neither an option nor the value of a global option. */
function commandIndex(argv: readonly string[]): number | undefined {
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    if (!word.startsWith('-')) return index;
    if (word === '--') return undefined;
    const spec = (GLOBAL_OPTIONS as OptionTable)[word.slice(2)];
    if (spec?.type === 'string') index += 1;
  }
  return undefined;
}

function findCommand(commands: readonly Command[], name: string): Command {
  const found = commands.find((command) => command.name === name);
  if (found !== undefined) return found;
  throw unknownWord(
    'command',
    name,
    commands.map((command) => command.name),
    'qubeforge',
  );
}

function readOptions(
  args: string[],
  table: OptionTable,
  command: string | undefined,
): { values: Record<string, unknown>; positionals: string[] } {
  const options: NonNullable<ParseArgsConfig['options']> = {};
  for (const [name, { type, multiple }] of Object.entries(table)) {
    options[name] = { type, ...(multiple === true ? { multiple } : {}) };
  }
  options['help'] = { type: 'boolean', short: 'h' };
  try {
    const { tokens } = parseArgs({ args, options, strict: false, tokens: true, allowPositionals: true });
    for (const token of tokens) {
      if (token.kind === 'option')
        checkOption(token.rawName, token.value, options[token.name]?.type, table, command);
    }
    return parseArgs({ args, options, strict: true, allowPositionals: true });
  } catch (error) {
    if (error instanceof AppError || !(error instanceof TypeError)) throw error;
    throw usageError('usage.option', error.message.split('. ')[0] ?? error.message, command);
  }
}

function checkOption(
  raw: string,
  value: string | undefined,
  type: 'boolean' | 'string' | undefined,
  table: OptionTable,
  command: string | undefined,
): void {
  if (type === undefined) {
    const near = nearest(raw.replace(/^-+/, ''), Object.keys(table));
    const known = Object.keys(table).map((name) => `--${name}`);
    throw new AppError({
      kind: 'usage',
      code: 'usage.option',
      what: `there is no option ${raw}${command === undefined ? '' : ` for ${command}`}`,
      expected: known.join(' '),
      got: raw,
      next: near === undefined ? helpFor(command) : `did you mean --${near}?`,
    });
  }
  if (type === 'string' && value === undefined) {
    throw usageError('usage.value', `the option ${raw} needs a value`, command);
  }
  if (type === 'boolean' && value !== undefined) {
    throw usageError('usage.value', `the option ${raw} takes no value`, command);
  }
}

function complete(table: OptionTable, values: Record<string, unknown>): Parsed['values'] {
  const entries = Object.entries(table).map(([name, spec]) => {
    const value = values[name] ?? defaultOf(spec);
    for (const one of [value].flat()) {
      if (typeof one !== 'string' || spec.choices?.includes(one) !== false) continue;
      throw badChoice(name, one, spec.choices);
    }
    return [name, value] as const;
  });
  return Object.fromEntries(entries) as Parsed['values'];
}

function defaultOf(spec: OptionSpec): unknown {
  if (spec.type === 'boolean') return false;
  return spec.multiple === true ? [] : spec.default;
}

function badChoice(name: string, got: string, choices: readonly string[]): AppError {
  const near = nearest(got, choices);
  return new AppError({
    kind: 'usage',
    code: 'usage.choice',
    what: `--${name} does not know ${got}`,
    expected: choices.join(', '),
    got,
    next: near === undefined ? undefined : `did you mean --${name} ${near}?`,
  });
}

function checkPositionals(command: Command, given: readonly string[]): void {
  const { min, max, name } = command.positionals ?? { min: 0, max: 0, name: '' };
  if (given.length >= min && given.length <= max) return;
  if (given.length < min) throw usageError('usage.missing', `${command.name} needs ${name}`, command.name);
  const extra = given.slice(max).join(' ');
  throw usageError('usage.extra', `${command.name} does not know what to do with ${extra}`, command.name);
}

function usageError(code: string, what: string, command: string | undefined): AppError {
  return new AppError({ kind: 'usage', code, what, next: helpFor(command) });
}

function helpFor(command: string | undefined): string {
  return command === undefined ? 'qubeforge --help' : `qubeforge ${command} --help`;
}

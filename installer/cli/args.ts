import { parseArgs } from 'node:util';
import { AppError } from '../../core/errors.ts';

export const COMMANDS = [
  'check',
  'plan',
  'install',
  'resume',
  'report',
  'wizard',
  'help',
  'version',
] as const;
export type CommandName = (typeof COMMANDS)[number];

/** What was typed, checked for shape only. */
export interface Arguments {
  readonly command: CommandName;
  readonly json: boolean;
  readonly record: string | undefined;
  readonly from: string | undefined;
  readonly answers: string | undefined;
  readonly secrets: string | undefined;
  readonly secretsFd: number | undefined;
  readonly erase: string | undefined;
  readonly medium: string | undefined;
  readonly dryRun: boolean;
}

export const USAGE = `qubeforge-install: checks this machine and installs the system on it

usage: qubeforge-install [COMMAND] [OPTIONS]

  (none)    the wizard, on a console
  check     what this machine can do, and which firmware settings to change
              --json          as one JSON event a line
              --record DIR    also write down what was seen, to replay it elsewhere
              --from DIR      look at a recorded machine instead of this one
  plan      print every command of an installation; opens no device for writing
              --answers FILE  the answers (see docs/installer.md)
              --from DIR      plan for a recorded machine
  install   install without questions, by an answers file
              --answers FILE  the answers
              --secrets FILE | --secrets-fd N   passphrase and password
              --erase SERIAL  serial number of the disk that may be erased
              --dry-run       the same as plan
              --medium DIR    where the images are; default: the medium we started from
  resume    go on with an installation that was interrupted
  report    a compatibility report (YAML) without serial numbers, to share

  --help, --version

exit codes: 0 done, 2 usage or answers, 3 verification, 5 tool, 6 hardware, 7 busy, 70 bug`;

const OPTIONS = {
  json: { type: 'boolean', default: false },
  record: { type: 'string' },
  from: { type: 'string' },
  answers: { type: 'string' },
  secrets: { type: 'string' },
  'secrets-fd': { type: 'string' },
  erase: { type: 'string' },
  medium: { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
  version: { type: 'boolean', default: false },
} as const;

const ALLOWED: Record<CommandName, readonly string[]> = {
  check: ['json', 'record', 'from', 'medium'],
  plan: ['json', 'from', 'answers', 'erase', 'medium'],
  install: ['json', 'answers', 'secrets', 'secrets-fd', 'erase', 'medium', 'dry-run'],
  resume: ['json', 'secrets', 'secrets-fd', 'medium'],
  report: ['from', 'medium'],
  wizard: ['medium', 'from', 'dry-run'],
  help: [],
  version: [],
};

/** Reads the command line. Throws an `AppError` (usage) that says what is wrong. */
export function parseArguments(argv: readonly string[]): Arguments {
  const { values, positionals } = parse(argv);
  const asked = values.help ? 'help' : values.version ? 'version' : undefined;
  const name = asked ?? positionals[0] ?? 'wizard';
  const command = COMMANDS.find((known) => known === name);
  if (command === undefined) throw usage(`There is no command "${name}"`, COMMANDS.join(', '), name);
  if (positionals.length > 1) throw usage('Too many arguments', 'one command', positionals.join(' '));
  for (const [option, value] of Object.entries(values)) {
    if (value === false || ALLOWED[command].includes(option) || option === asked) continue;
    throw usage(`${command} does not take --${option}`, listOptions(command), `--${option}`);
  }
  return {
    command,
    json: values.json,
    record: values.record,
    from: values.from,
    answers: values.answers,
    secrets: values.secrets,
    secretsFd: descriptor(values['secrets-fd']),
    erase: values.erase,
    medium: values.medium,
    dryRun: values['dry-run'],
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true, strict: true });
  } catch (error) {
    throw usage(error instanceof Error ? error.message : 'Unknown option', undefined, argv.join(' '));
  }
}

function descriptor(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (Number.isInteger(number) && number >= 3 && number < 1024) return number;
  throw usage('--secrets-fd takes the number of an open file descriptor', '3 to 1023', value);
}

function listOptions(command: CommandName): string {
  return ALLOWED[command].map((option) => `--${option}`).join(' ') || 'no options';
}

function usage(what: string, expected: string | undefined, got: string): AppError {
  return new AppError({
    kind: 'usage',
    code: 'usage',
    what,
    expected,
    got,
    next: 'qubeforge-install --help',
  });
}

import type { Command, OptionSpec, OptionTable } from './command.ts';
import { GLOBAL_OPTIONS } from './globals.ts';

/** Shells that we write completions for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** A script that completes commands, options and their values, made from the table of commands. */
export function completionScript(
  shell: Shell,
  commands: readonly Command[],
  recipes: readonly string[],
): string {
  if (shell === 'fish') return fish(commands, recipes);
  const script = bash(commands, recipes);
  // zsh runs bash completions by itself once it is told to.
  return shell === 'bash'
    ? script
    : `#compdef qubeforge\nautoload -U bashcompinit && bashcompinit\n${script}`;
}

function bash(commands: readonly Command[], recipes: readonly string[]): string {
  const names = commands.map(({ name }) => name);
  return [
    '_qubeforge() {',
    '  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command= w',
    '  for w in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    `    case $w in ${names.join('|')}) command=$w; break ;; esac`,
    '  done',
    '  case $command:$before in',
    ...valueCases('*', GLOBAL_OPTIONS),
    ...commands.flatMap(({ name, options }) => valueCases(name, options)),
    '  esac',
    '  case $command in',
    ...commands.map((command) => `    ${command.name}) ${bashWords(command, recipes)} ;;`),
    `    *) COMPREPLY=($(compgen -W '${[...names, ...optionNames({})].join(' ')}' -- "$word")) ;;`,
    '  esac',
    '}',
    'complete -o default -F _qubeforge qubeforge',
    '',
  ].join('\n');
}

function valueCases(command: string, options: OptionTable): string[] {
  return Object.entries(options).flatMap(([name, spec]) => {
    const reply = bashValue(spec);
    return reply === undefined ? [] : [`    ${command}:--${name}) ${reply}; return ;;`];
  });
}

function bashValue({ type, choices, complete }: OptionSpec): string | undefined {
  if (type === 'boolean') return undefined;
  if (choices !== undefined) return `COMPREPLY=($(compgen -W '${choices.join(' ')}' -- "$word"))`;
  if (complete === 'directory') return 'COMPREPLY=($(compgen -d -- "$word"))';
  return complete === 'file' ? 'COMPREPLY=($(compgen -f -- "$word"))' : 'COMPREPLY=()';
}

function bashWords(command: Command, recipes: readonly string[]): string {
  const words = [...optionNames(command.options), ...positionalWords(command, recipes)];
  const files = command.positionals?.complete === 'file' ? ' -f' : '';
  return `COMPREPLY=($(compgen${files} -W '${words.join(' ')}' -- "$word"))`;
}

function fish(commands: readonly Command[], recipes: readonly string[]): string {
  const seen = commands.map(({ name }) => name).join(' ');
  const none = `not __fish_seen_subcommand_from ${seen}`;
  return [
    'complete -c qubeforge -f',
    ...commands.map(
      ({ name, summary }) => `complete -c qubeforge -n '${none}' -a ${name} -d ${quote(summary)}`,
    ),
    ...fishOptions(undefined, GLOBAL_OPTIONS),
    ...commands.flatMap((command) => [
      ...fishOptions(command.name, command.options),
      ...fishPositionals(command, recipes),
    ]),
    '',
  ].join('\n');
}

function fishOptions(command: string | undefined, options: OptionTable): string[] {
  const when = command === undefined ? '' : ` -n '__fish_seen_subcommand_from ${command}'`;
  return Object.entries(options).map(([name, spec]) => {
    const files = spec.complete === undefined ? ' -x' : ' -r -F';
    const value = spec.type === 'boolean' ? '' : files;
    const choices = spec.choices === undefined ? '' : ` -a '${spec.choices.join(' ')}'`;
    return `complete -c qubeforge${when} -l ${name}${value}${choices} -d ${quote(spec.help)}`;
  });
}

function fishPositionals(command: Command, recipes: readonly string[]): string[] {
  const when = `-n '__fish_seen_subcommand_from ${command.name}'`;
  if (command.positionals?.complete === 'file') return [`complete -c qubeforge ${when} -F`];
  const words = positionalWords(command, recipes);
  return words.length === 0 ? [] : [`complete -c qubeforge ${when} -a '${words.join(' ')}'`];
}

function optionNames(options: OptionTable): string[] {
  return Object.keys({ ...options, ...GLOBAL_OPTIONS }).map((name) => `--${name}`);
}

function positionalWords({ positionals }: Command, recipes: readonly string[]): readonly string[] {
  if (positionals === undefined || positionals.complete === 'file') return [];
  return positionals.complete === 'recipe' ? recipes : positionals.complete;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "\\'")}'`;
}

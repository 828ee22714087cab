import type { Command, OptionTable } from './command.ts';
import { GLOBAL_OPTIONS } from './globals.ts';

/** `qubeforge build [RECIPE…] [OPTIONS]` */
export function usageLine(command: Command): string {
  const { positionals } = command;
  const words = ['qubeforge', command.name];
  if (positionals !== undefined)
    words.push(positionals.min === 0 ? `[${positionals.name}]` : positionals.name);
  return `${words.join(' ')} [OPTIONS]`;
}

export function commandHelp(command: Command): string {
  return [
    command.summary,
    '',
    `Usage: ${usageLine(command)}`,
    ...(command.details === undefined ? [] : ['', command.details]),
    ...(Object.keys(command.options).length === 0 ? [] : ['', 'Options:', ...optionLines(command.options)]),
    '',
    'Common options:',
    ...optionLines(GLOBAL_OPTIONS),
  ].join('\n');
}

export function generalHelp(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    'Builds and proves images of a security-by-isolation desktop operating system.',
    '',
    'Usage: qubeforge COMMAND [OPTIONS]',
    '',
    'Commands:',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'Common options:',
    ...optionLines(GLOBAL_OPTIONS),
    '',
    'Exit codes: 0 ok, 2 usage or recipe, 3 verification failed, 4 network, 5 tool failed, 6 hardware,',
    '7 busy or locked, 70 bug. `qubeforge COMMAND --help` explains a command.',
  ].join('\n');
}

function optionLines(options: OptionTable): string[] {
  const rows = Object.entries(options).map(([name, spec]) => {
    const value = spec.choices?.join('|') ?? spec.value ?? '';
    const shown = spec.default === undefined ? '' : ` (default: ${spec.default})`;
    return [`--${name}${spec.type === 'string' ? ` ${value}` : ''}`, `${spec.help}${shown}`] as const;
  });
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}

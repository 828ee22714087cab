import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { Command } from '../../builder/cli/command.ts';
import { runProgram } from '../../builder/cli/program.ts';
import { COMMANDS } from '../../builder/cli/registry.ts';

const root = join(import.meta.dirname, '../..');

/** What a command line leads to, with the program's own commands unless others are given. */
export async function runCli(
  argv: readonly string[],
  {
    commands = COMMANDS,
    env = {},
    signal = new AbortController().signal,
  }: {
    commands?: readonly Command[];
    env?: Record<string, string>;
    signal?: AbortSignal;
  } = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  let [stdout, stderr] = ['', ''];
  const code = await runProgram(commands, argv, {
    env: { HOME: '/nonexistent', ...env },
    cwd: root,
    root,
    clock: () => 0,
    signal,
    stderrStream: new PassThrough() as unknown as NodeJS.WriteStream,
    stdout: (text) => (stdout += text),
    stderr: (text) => (stderr += text),
  });
  return { code, stdout, stderr };
}

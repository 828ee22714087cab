import { PassThrough } from 'node:stream';
import type { Command } from '../../builder/cli/command.ts';
import { runProgram } from '../../builder/cli/program.ts';
import { COMMANDS } from '../../builder/cli/registry.ts';
import { ROOT } from './sources.ts';

/** What a command line leads to, with the program's own commands unless others are given. */
export async function runCli(
  argv: readonly string[],
  {
    commands = COMMANDS,
    env = {},
    signal = new AbortController().signal,
    root = ROOT,
    clock = 0,
  }: {
    commands?: readonly Command[];
    env?: Record<string, string>;
    signal?: AbortSignal;
    /** Another project than this one. */
    root?: string;
    clock?: number;
  } = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  let [stdout, stderr] = ['', ''];
  const code = await runProgram(commands, argv, {
    env: { HOME: '/nonexistent', ...env },
    cwd: root,
    root,
    clock: () => clock,
    signal,
    stderrStream: new PassThrough() as unknown as NodeJS.WriteStream,
    stdout: (text) => (stdout += text),
    stderr: (text) => (stderr += text),
  });
  return { code, stdout, stderr };
}

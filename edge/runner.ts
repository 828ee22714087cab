import type { ProcessOutput } from 'zx/core';
import { $ } from './shell.ts';
import { AppError } from '../core/errors.ts';
import type { Command, Finished, Runner } from '../core/ports.ts';

const TAIL_LINES = 20;

/** Runs a command with zx: an argument vector, no shell, nothing inherited but `PATH` and `HOME`. */
export const run: Runner = async (command) => {
  const [file, ...args] = command.argv;
  const started = $({
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...command.env },
    quiet: true,
    nothrow: true,
    stdio: [command.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
    ...(command.stdin === undefined ? {} : { input: Buffer.from(command.stdin) }),
    ...(command.timeout === undefined ? {} : { timeout: command.timeout }),
    ...(command.signal === undefined ? {} : { signal: command.signal }),
  })`${file} ${args}`;
  const output = await started;
  const accepted = command.accept ?? [0];
  if (output.exitCode !== null && accepted.includes(output.exitCode)) {
    return { exitCode: output.exitCode, stdout: output.stdout, stderr: output.stderr };
  }
  throw commandFailed(command, output);
};

function commandFailed(command: Command, output: ProcessOutput): AppError {
  const tail = `${output.stderr}\n${output.stdout}`.trim().split('\n').slice(-TAIL_LINES).join('\n');
  const ending = output.signal === null ? `exit code ${String(output.exitCode)}` : `signal ${output.signal}`;
  return new AppError({
    kind: 'tool',
    code: 'tool.failed',
    what: `${command.argv[0]} failed`,
    where: command.argv.join(' '),
    expected: `exit code ${(command.accept ?? [0]).join(' or ')}`,
    got: tail === '' ? ending : `${ending}\n${tail}`,
    next: 'read the output above; `qubeforge doctor` checks the tools of this machine',
  });
}

export type { Finished };

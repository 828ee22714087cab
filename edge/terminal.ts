import { $ } from 'zx/core';
import { AppError } from '../core/errors.ts';

/** Runs a program that takes over this terminal, until it ends. Throws an `AppError` (tool) when it fails. */
export async function runInTerminal(
  argv: readonly [string, ...string[]],
  signal: AbortSignal,
): Promise<void> {
  const output = await $({ stdio: 'inherit', nothrow: true, quiet: true, signal })`${argv}`;
  if (output.exitCode === 0) return;
  throw new AppError({
    kind: 'tool',
    code: 'tool.failed',
    what: `${argv[0]} ended with a failure`,
    where: argv.join(' '),
    expected: 'exit code 0',
    got: output.signal === null ? `exit code ${String(output.exitCode)}` : `signal ${output.signal}`,
  });
}

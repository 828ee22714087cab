import { $ } from 'zx/core';
import type { Command } from '../core/ports.ts';

/** Runs a command on the user's own standard streams; resolves with its exit code, 128 + n after a signal. */
export async function attach(command: Command): Promise<number> {
  const [file, ...args] = command.argv;
  const output = await $({
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], TERM: process.env['TERM'], ...command.env },
    quiet: true,
    nothrow: true,
    stdio: 'inherit',
  })`${file} ${args}`;
  return output.exitCode ?? 1;
}

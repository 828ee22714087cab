import { $ } from 'zx/core';
import type { Command } from '../core/ports.ts';

/**
 * Runs a command on the user's own standard streams; resolves with its exit code. With `filter`, standard
 * output passes through it, a piece at a time.
 */
export async function attach(command: Command, filter?: (text: string) => string): Promise<number> {
  const [file, ...args] = command.argv;
  const started = $({
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], TERM: process.env['TERM'], ...command.env },
    quiet: true,
    nothrow: true,
    stdio: ['inherit', filter === undefined ? 'inherit' : 'pipe', 'inherit'],
  })`${file} ${args}`;
  if (filter !== undefined) {
    started.stdout.setEncoding('utf8');
    for await (const piece of started.stdout) process.stdout.write(filter(String(piece)));
  }
  return (await started).exitCode ?? 1;
}

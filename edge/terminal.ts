import { constants } from 'node:os';
import { $ } from './shell.ts';
import type { Command } from '../core/ports.ts';

/** What ends a command of the user; we stay to see it end, and clean up after it. */
const ENDINGS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs a command on the user's own standard streams; resolves with its exit code, after a signal as shells
 * have it. With `filter`, standard output passes through it, a piece at a time.
 */
export async function attach(command: Command, filter?: (text: string) => string): Promise<number> {
  const [file, ...args] = command.argv;
  const started = $({
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], TERM: process.env['TERM'], ...command.env },
    quiet: true,
    nothrow: true,
    stdio: ['inherit', filter === undefined ? 'inherit' : 'pipe', 'inherit'],
  })`${file} ${args}`;
  const pass = (signal: NodeJS.Signals): void => {
    started.child?.kill(signal);
  };
  for (const signal of ENDINGS) process.on(signal, pass);
  try {
    if (filter !== undefined) {
      started.stdout.setEncoding('utf8');
      for await (const piece of started.stdout) process.stdout.write(filter(String(piece)));
    }
    const { exitCode, signal } = await started;
    return exitCode ?? (signal === null ? 1 : 128 + constants.signals[signal]);
  } finally {
    for (const signal of ENDINGS) process.off(signal, pass);
  }
}

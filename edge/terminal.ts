import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { notStarted } from './runner.ts';
import type { Command } from '../core/ports.ts';

/** What ends a command of the user; we stay to see it end, and clean up after it. */
const ENDINGS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs a command on the user's own standard streams; resolves with its exit code, after a signal as shells
 * have it. With `filter`, standard output passes through it, a piece at a time.
 */
export async function attach(command: Command, filter?: (text: string) => string): Promise<number> {
  const [file, ...args] = command.argv;
  const child = spawn(file, args, {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], TERM: process.env['TERM'], ...command.env },
    stdio: ['inherit', filter === undefined ? 'inherit' : 'pipe', 'inherit'],
  });
  const closed = once(child, 'close') as Promise<[code: number | null, signal: NodeJS.Signals | null]>;
  closed.catch(() => undefined);
  const pass = (signal: NodeJS.Signals): void => {
    child.kill(signal);
  };
  for (const signal of ENDINGS) process.on(signal, pass);
  try {
    if (filter !== undefined && child.stdout !== null) {
      child.stdout.setEncoding('utf8');
      for await (const piece of child.stdout) process.stdout.write(filter(String(piece)));
    }
    const [exitCode, signal] = await closed.catch((error: unknown) => {
      throw notStarted(command, error as NodeJS.ErrnoException);
    });
    return exitCode ?? (signal === null ? 1 : 128 + constants.signals[signal]);
  } finally {
    for (const signal of ENDINGS) process.off(signal, pass);
  }
}

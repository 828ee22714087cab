import { spawn } from 'node:child_process';
import { AppError } from '../core/errors.ts';
import type { Command, Finished, Runner } from '../core/ports.ts';

const TAIL_LINES = 20;
/** Milliseconds that a command has to end after SIGTERM. */
const GRACE = 2000;

/** How a process ended: one of both is null. */
interface Ended extends Omit<Finished, 'exitCode'> {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Runs a command: an argument vector, no shell, nothing inherited but `PATH` and `HOME`. */
export const run: Runner = async (command) => {
  const { exitCode, signal, stdout, stderr } = await ended(command);
  const { accept = [0] } = command;
  if (exitCode !== null && accept.includes(exitCode)) return { exitCode, stdout, stderr };
  const tail = `${stderr}\n${stdout}`.trim().split('\n').slice(-TAIL_LINES).join('\n');
  const ending = signal === null ? `exit code ${String(exitCode)}` : `signal ${signal}`;
  throw commandFailed(command, tail === '' ? ending : `${ending}\n${tail}`);
};

/** Starts the process itself: a shell between would be one more for each command, which dom0 notices. */
function ended(command: Command): Promise<Ended> {
  const [file, ...args] = command.argv;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...command.env },
      cwd: command.cwd,
      stdio: [command.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    const collected = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    child.stdout?.on('data', (chunk: Buffer) => collected.stdout.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => collected.stderr.push(chunk));
    // A command that does not read to the end has its reasons; its exit code tells.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(command.stdin);
    let killing: NodeJS.Timeout | undefined;
    const late = (): void => {
      child.kill('SIGTERM');
      killing = setTimeout(() => child.kill('SIGKILL'), GRACE);
    };
    const limit = command.timeout === undefined ? undefined : setTimeout(late, command.timeout);
    const settle = (): void => {
      clearTimeout(limit);
      clearTimeout(killing);
    };
    child.on('exit', () => {
      // What the command itself had started may live on, and hold the pipes.
      if (killing !== undefined) for (const pipe of [child.stdout, child.stderr]) pipe?.destroy();
    });
    child.on('error', (error) => {
      settle();
      reject(notStarted(command, error));
    });
    child.on('close', (exitCode, signal) => {
      settle();
      const text = (name: keyof typeof collected): string => Buffer.concat(collected[name]).toString();
      resolve({ exitCode, signal, stdout: text('stdout'), stderr: text('stderr') });
    });
  });
}

/** The failure of a command whose process could not be made. */
export function notStarted(command: Command, error: NodeJS.ErrnoException): AppError {
  return commandFailed(command, error.code === 'ENOENT' ? 'there is no such program' : error.message);
}

function commandFailed(command: Command, got: string): AppError {
  return new AppError({
    kind: 'tool',
    code: 'tool.failed',
    what: `${command.argv[0]} failed`,
    where: command.argv.join(' '),
    expected: `exit code ${(command.accept ?? [0]).join(' or ')}`,
    got,
    next: 'read the output above; `qubeforge doctor` checks the tools of this machine',
  });
}

export type { Finished };

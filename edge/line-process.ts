import { $ } from './shell.ts';

export interface LineProcess {
  readonly argv: readonly string[];
  readonly cwd: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Receives each line of stdout as it comes. */
  readonly onLine: (line: string) => void;
}

/** Runs a process whose output is read line by line. Gives its exit code and what it wrote to stderr. */
export async function runLines(
  request: LineProcess,
): Promise<{ readonly exitCode: number | null; readonly stderr: string }> {
  const { argv, cwd, env, signal, onLine } = request;
  const started = $({ quiet: true, nothrow: true, cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })`${argv}`;
  let rest = '';
  started.stdout.setEncoding('utf8');
  started.stdout.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(onLine);
  });
  const stop = (): void => {
    if (started.pid !== undefined) process.kill(started.pid, 'SIGTERM');
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    const { exitCode, stderr } = await started;
    signal.throwIfAborted();
    if (rest !== '') onLine(rest);
    return { exitCode, stderr };
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

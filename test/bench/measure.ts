import { spawn } from 'node:child_process';

/** One run of a program: seconds of wall clock and of processor time, its children's included. */
export interface Run {
  readonly wall: number;
  readonly cpu: number;
}

/** Runs a program as a whole process and times it from outside, with the `time` of bash. */
export async function timed(
  argv: readonly string[],
  options: { readonly cwd: string; readonly env?: Record<string, string> },
): Promise<Run> {
  const child = spawn('bash', ['-c', `TIMEFORMAT='TIMED %R %U %S'; time "$@" >/dev/null`, 'timed', ...argv], {
    ...options,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const run = parseTimed(text);
  if (code !== 0 || run === undefined)
    throw new Error(`${argv.join(' ')} ended with ${String(code)}:\n${text}`);
  return run;
}

/** Reads the line that `TIMEFORMAT='TIMED %R %U %S'` prints. */
export function parseTimed(text: string): Run | undefined {
  const [, wall, user, system] = /TIMED ([\d.]+) ([\d.]+) ([\d.]+)/.exec(text) ?? [];
  if (wall === undefined) return undefined;
  return { wall: Number(wall), cpu: Number(user) + Number(system) };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = 0, high = 0] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[middle]];
  return (low + high) / 2;
}

/** `min–max, median` of the runs, and the ratio to the paired runs of something else. */
export function summary(name: string, runs: readonly Run[], other?: readonly Run[]): string {
  const shown = (values: readonly number[], digits: number): string =>
    `min ${Math.min(...values).toFixed(digits)} median ${median(values).toFixed(digits)} max ${Math.max(...values).toFixed(digits)}`;
  const ratio = (field: keyof Run): string =>
    shown(
      runs.map((run, index) => run[field] / (other?.[index]?.[field] ?? NaN)),
      3,
    );
  return [
    `${name}: wall s ${shown(
      runs.map(({ wall }) => wall),
      2,
    )}; cpu s ${shown(
      runs.map(({ cpu }) => cpu),
      2,
    )}`,
    ...(other === undefined ? [] : [`  ratio: wall ${ratio('wall')}; cpu ${ratio('cpu')}`]),
  ].join('\n');
}

/** One line for each pair as it ends, counted from 1: a long bench that is cut off has shown what it measured. */
export function progress(pair: number, last: Readonly<Record<string, Run | undefined>>): string {
  const walls = Object.entries(last).map(([name, run]) => `${name} ${run?.wall.toFixed(2) ?? '-'}`);
  return `pair ${String(pair)}, wall s: ${walls.join(', ')}`;
}

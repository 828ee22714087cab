import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../../core/events.ts';
import { drawsOnTerminal } from '../../../edge/reporter.ts';
import { terminalReporter } from '../../../edge/report-tty.ts';

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

/** What stands on the terminal when all is over: listr2 clears its drawing and prints the last one again. */
async function draw(events: readonly Event[]): Promise<{ drawing: string[]; after: string; whole: string }> {
  const stream = Object.assign(new PassThrough(), { columns: 100, rows: 40, isTTY: true });
  let whole = '';
  stream.on('data', (chunk: Buffer) => (whole += chunk.toString()));
  let after = '';
  const reporter = terminalReporter(stream as unknown as NodeJS.WriteStream, (text) => (after += text));
  for (const event of events) {
    reporter.sink(event);
    await pause();
  }
  await reporter.close();
  const last = whole.split('\u001B[G').at(-1) ?? '';
  const drawing = stripVTControlCharacters(last).split('\n');
  return {
    drawing: drawing.map((line) => line.trimEnd().replace(/ \[\d.*s\]$/, '')).filter((line) => line !== ''),
    after,
    whole,
  };
}

const start = (id: string, title: string, parent?: string): Event => ({
  ...{ type: 'started', id, title },
  ...(parent === undefined ? {} : { parent }),
});
const finish = (id: string, outcome: 'done' | 'cached' | 'skipped' = 'done', detail?: string): Event => ({
  ...{ type: 'finished', id, outcome },
  ...(detail === undefined ? {} : { detail }),
});

describe('terminalReporter', () => {
  it('draws nothing more once it was closed, and passes on what is said afterwards', async () => {
    const stream = Object.assign(new PassThrough(), { columns: 100, rows: 40, isTTY: true });
    let [drawn, said] = ['', ''];
    stream.on('data', (chunk: Buffer) => (drawn += chunk.toString()));
    const reporter = terminalReporter(stream as unknown as NodeJS.WriteStream, (text) => (said += text));
    reporter.sink(start('r', 'template'));
    reporter.sink(finish('r'));
    await reporter.close();
    await pause();
    const before = drawn;
    expect(before).toContain('template');
    await pause();
    reporter.sink({ type: 'log', level: 'warning', message: 'late' });
    await reporter.close();
    expect(drawn).toBe(before);
    expect(said).toBe('warning: late\n');
  });

  it('draws tasks below their recipes, with marks and details', async () => {
    const { drawing, after } = await draw([
      start('r', 'template'),
      start('f', 'fetch', 'r'),
      { type: 'progress', id: 'f', done: 1, total: 2, unit: 'items' },
      start('u', 'unpack', 'r'),
      finish('f', 'done', '78 packages'),
      start('x', 'decompress', 'u'),
      finish('x'),
      finish('u', 'cached'),
      finish('r'),
      start('s', 'second'),
      finish('s', 'skipped'),
    ]);
    expect(drawing.map((line) => line.replace(/[✔√]/, 'v'))).toEqual([
      'v template',
      '  v fetch · 78 packages',
      '  v unpack · cached',
      '    v decompress',
      'v second · skipped',
    ]);
    expect(after).toBe('');
  });

  it('draws progress while it goes on', async () => {
    const { whole } = await draw([
      start('f', 'fetch'),
      { type: 'progress', id: 'f', done: 1024, total: 2048, unit: 'bytes', detail: 'x.deb' },
      finish('f'),
    ]);
    expect(stripVTControlCharacters(whole)).toContain('50 % · 1.0 KiB of 2.0 KiB · x.deb');
  });

  it('marks what failed, and says why below the drawing', async () => {
    const error: Event = {
      ...{ type: 'error', kind: 'tool', code: 'a.b', exitCode: 5, message: 'm', text: 'error: all of it' },
    };
    const { drawing, after } = await draw([
      start('r', 'template'),
      start('c', 'configure', 'r'),
      { type: 'log', level: 'warning', message: 'something odd' },
      { type: 'failed', id: 'c', message: 'dpkg gave up' },
      { type: 'failed', id: 'r', message: 'template' },
      error,
    ]);
    const text = drawing.join('\n');
    expect(text).toMatch(/[✖×] configure/);
    expect(text).toContain('dpkg gave up');
    expect(text.match(/template/g)).toHaveLength(1);
    expect(after).toBe('warning: something odd\nerror: all of it\n');
  });

  it('ends with tasks that never ended, and shows the cursor again', async () => {
    const { drawing, whole } = await draw([start('r', 'template'), start('c', 'configure', 'r')]);
    expect(drawing.join('\n')).toContain('configure');
    expect(whole.lastIndexOf('\u001B[?25h')).toBeGreaterThan(whole.lastIndexOf('\u001B[?25l'));
  });

  it('draws nothing when there is nothing to draw', async () => {
    const { whole } = await draw([]);
    expect(whole).toBe('');
  });
});

describe('drawsOnTerminal', () => {
  const stream = (isTTY: boolean, columns: number): NodeJS.WriteStream =>
    Object.assign(new PassThrough(), { isTTY, columns }) as unknown as NodeJS.WriteStream;
  const base = { env: { TERM: 'xterm' }, stderrStream: stream(true, 80), quiet: false, json: false };
  it('is for a terminal that people look at', () => {
    expect(drawsOnTerminal(base)).toBe(true);
    expect(drawsOnTerminal({ ...base, env: { TERM: 'xterm', CI: 'false' } })).toBe(true);
  });

  it.each<[string, Partial<typeof base>]>([
    ['in CI', { env: { TERM: 'xterm', CI: 'true' } as (typeof base)['env'] }],
    ['without colours', { env: { TERM: 'xterm', NO_COLOR: '1' } as (typeof base)['env'] }],
    ['on a dumb terminal', { env: { TERM: 'dumb' } }],
    ['into a file', { stderrStream: stream(false, 80) }],
    ['on a terminal without a size', { stderrStream: stream(true, 0) }],
    ['when quiet', { quiet: true }],
    ['with --json', { json: true }],
  ])('is not %s', (_, change) => {
    expect(drawsOnTerminal({ ...base, ...change })).toBe(false);
  });
});

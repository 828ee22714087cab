import { describe, expect, it } from 'vitest';
import type { Event } from '../../../core/events.ts';
import { jsonReporter, lineReporter } from '../../../edge/report-lines.ts';

/** Renders events, each at a time in milliseconds. */
function render(events: readonly (readonly [number, Event])[]): string[] {
  let now = 1_000;
  let out = '';
  const sink = lineReporter(
    (text) => (out += text),
    () => now,
  );
  for (const [at, event] of events) {
    now = 1_000 + at;
    sink(event);
  }
  return out.split('\n').slice(0, -1);
}

const started: Event = { type: 'started', id: 'f', title: 'fetch' };
const progress = (done: number): Event => ({
  ...{ type: 'progress', id: 'f', done, total: 4 * 1024 * 1024, unit: 'bytes', detail: 'x.deb' },
});

describe('lineReporter', () => {
  it('says what starts and ends, with times', () => {
    expect(
      render([
        [0, started],
        [1_500, { type: 'finished', id: 'f', outcome: 'done', detail: '78 packages' }],
        [1_500, { type: 'started', id: 'u', title: 'unpack' }],
        [61_700, { type: 'finished', id: 'u', outcome: 'cached' }],
      ]),
    ).toEqual([
      '[    0.0] start   fetch',
      '[    1.5] done    fetch (1.5 s): 78 packages',
      '[    1.5] start   unpack',
      '[   61.7] cached  unpack (60.2 s)',
    ]);
  });

  it('speaks of progress at most every five seconds', () => {
    const ticks = Array.from({ length: 120 }, (_, tick) => [tick * 100, progress(tick * 10_000)] as const);
    expect(render([[0, started], ...ticks])).toEqual([
      '[    0.0] start   fetch',
      '[    5.0]         fetch: 11 % · 488 KiB of 4.0 MiB · x.deb',
      '[   10.0]         fetch: 23 % · 977 KiB of 4.0 MiB · x.deb',
    ]);
  });

  it('shows warnings and failures, and the whole of an error', () => {
    const text = 'error: no luck [a.b]\n  next:     do it again';
    expect(
      render([
        [0, started],
        [100, { type: 'log', level: 'warning', message: 'one mirror is down' }],
        [150, { type: 'log', level: 'debug', message: 'not shown' }],
        [200, { type: 'failed', id: 'f', message: 'two\nlines' }],
        [300, { type: 'error', kind: 'network', code: 'a.b', exitCode: 4, message: 'no luck', text }],
      ]),
    ).toEqual([
      '[    0.0] start   fetch',
      '[    0.1] warning: one mirror is down',
      '[    0.2] FAILED  fetch (0.2 s): two',
      '          lines',
      'error: no luck [a.b]',
      '  next:     do it again',
    ]);
  });

  it('leaves results to stdout', () => {
    expect(render([[0, { type: 'result', name: 'x', value: 1, text: 'one' }]])).toEqual([]);
  });
});

describe('jsonReporter', () => {
  it('writes one event a line, line breaks and all', () => {
    let out = '';
    const sink = jsonReporter((text) => (out += text));
    const events: Event[] = [started, { type: 'log', level: 'info', message: 'a\nb' }];
    events.forEach(sink);
    expect(
      out
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(events);
  });
});

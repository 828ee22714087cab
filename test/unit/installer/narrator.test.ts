import { describe, expect, it } from 'vitest';
import { narrator } from '../../../installer/cli/narrator.ts';

const STEPS = Array.from({ length: 12 }, (_, at) => ({ id: `s${at}`, title: `Step ${at}` }));
const progress = (done: number, total?: number) =>
  ({ type: 'progress', id: 's0', done, unit: 'bytes', ...(total === undefined ? {} : { total }) }) as const;

describe('what people see of a running installation', () => {
  it('numbers the steps and says which were done before', () => {
    const narrate = narrator(STEPS);
    expect(narrate({ type: 'started', id: 's0', title: '' })).toBe('[ 1/12] Step 0');
    expect(narrate({ type: 'started', id: 's11', title: '' })).toBe('[12/12] Step 11');
    expect(narrate({ type: 'finished', id: 's0', outcome: 'done' })).toBeUndefined();
    expect(narrate({ type: 'finished', id: 's2', outcome: 'skipped', detail: 'done before' })).toBe(
      '[ 3/12] Step 2: done before',
    );
  });

  it('tells progress once for each tenth', () => {
    const narrate = narrator(STEPS);
    expect([0, 5, 10, 19, 20, 55, 100].map((done) => narrate(progress(done, 100))?.trim())).toEqual([
      undefined,
      undefined,
      '10 %',
      undefined,
      '20 %',
      '50 %',
      '100 %',
    ]);
    expect(narrator(STEPS)(progress(1000))).toBeUndefined();
  });
});

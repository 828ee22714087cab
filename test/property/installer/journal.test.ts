import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeRecord,
  JOURNAL_LENGTH,
  readJournal,
  type JournalRecord,
} from '../../../installer/execute/journal.ts';

const begin = (size: number): JournalRecord => ({
  type: 'begin',
  session: 's1',
  plan: 'p',
  input: { text: 'x'.repeat(size) },
});

function region(records: readonly JournalRecord[]): Uint8Array {
  const bytes = new Uint8Array(JOURNAL_LENGTH);
  let offset = 0;
  for (const record of records) {
    const encoded = encodeRecord(record);
    bytes.set(encoded, offset);
    offset += encoded.length;
  }
  return bytes;
}

const done = (step: string): JournalRecord => ({ type: 'done', session: 's1', step });

describe('the journal', () => {
  it('gives back the steps that were done', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 20_000 }),
        fc.uniqueArray(fc.string(), { maxLength: 60 }),
        (size, steps) => {
          const state = readJournal(region([begin(size), ...steps.map(done)]));
          expect([...(state?.done ?? [])]).toEqual(steps);
          expect(state?.finished).toBe(false);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('cut at any byte of its last record says everything before it', () => {
    const whole = region([begin(5000), done('a'), done('b')]);
    const used = readJournal(whole)?.used ?? 0;
    const last = used - encodeRecord(done('b')).length;
    fc.assert(
      fc.property(fc.integer({ min: last, max: last + 60 }), (cut) => {
        const torn = Uint8Array.from(whole);
        torn.fill(0, cut);
        expect([...(readJournal(torn)?.done ?? [])]).toEqual(['a']);
      }),
    );
  });

  it('with a damaged record ends before it, and never throws on any bytes', () => {
    const whole = region([begin(100), done('a'), done('b')]);
    const used = readJournal(whole)?.used ?? 0;
    fc.assert(
      fc.property(fc.nat({ max: used - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bad = Uint8Array.from(whole);
        bad[at] = (bad[at] ?? 0) ^ flip;
        const steps = [...(readJournal(bad)?.done ?? [])];
        expect(['', 'a', 'a b']).toContain(steps.join(' '));
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 9000 }), (bytes) => {
        expect(readJournal(bytes)).toBeUndefined();
      }),
    );
  });

  it('does not take records of another installation', () => {
    const other: JournalRecord = { type: 'done', session: 's2', step: 'old' };
    expect([...(readJournal(region([begin(10), done('a'), other]))?.done ?? [])]).toEqual(['a']);
  });
});

import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import type { Source } from './source.ts';

const Answer = z.union([z.string(), z.array(z.string()), z.number(), z.null()]);

/** A recorded machine: each question a probe asked, with its answer (bytes as base64, null for none). */
export const Recording = z.strictObject({
  format: z.literal('qubeforge-machine/1'),
  answers: z.record(z.string(), Answer),
});
export type Recording = z.infer<typeof Recording>;

type AnswerValue = z.infer<typeof Answer>;

/** A source that passes questions on and writes down each answer in `answers`. */
export function recordingSource(inner: Source, answers: Record<string, AnswerValue>): Source {
  const note = async <T>(key: string, ask: Promise<T>, encode: (value: T) => AnswerValue): Promise<T> => {
    const value = await ask;
    answers[key] = encode(value);
    return value;
  };
  const bytes = (value: Uint8Array | undefined): AnswerValue =>
    value === undefined ? null : Buffer.from(value).toString('base64');
  return {
    read: (path) => note(`read ${path}`, inner.read(path), bytes),
    readAt: (path, offset, length) =>
      note(`read ${path} ${offset}+${length}`, inner.readAt(path, offset, length), bytes),
    list: (path) =>
      note(`list ${path}`, inner.list(path), (names) => (names === undefined ? null : [...names])),
    real: (path) => note(`real ${path}`, inner.real(path), (to) => to ?? null),
    run: (argv) => note(`run ${argv.join(' ')}`, inner.run(argv), (text) => text ?? null),
    now: () => note('now', inner.now(), (time) => time),
  };
}

/** A source that answers from a recording; what was not recorded is absent. */
export function replaySource(recording: Recording): Source {
  const text = (key: string): string | undefined => {
    const value = recording.answers[key];
    return typeof value === 'string' ? value : undefined;
  };
  const bytes = (key: string): Uint8Array | undefined => {
    const value = text(key);
    return value === undefined ? undefined : new Uint8Array(Buffer.from(value, 'base64'));
  };
  return {
    read: (path) => Promise.resolve(bytes(`read ${path}`)),
    readAt: (path, offset, length) => Promise.resolve(bytes(`read ${path} ${offset}+${length}`)),
    list: (path) => {
      const value = recording.answers[`list ${path}`];
      return Promise.resolve(Array.isArray(value) ? value : undefined);
    },
    real: (path) => Promise.resolve(text(`real ${path}`)),
    run: (argv) => Promise.resolve(text(`run ${argv.join(' ')}`)),
    now: () => Promise.resolve(Number(recording.answers['now'] ?? 0)),
  };
}

/** A recording as text: keys sorted, so that two recordings can be compared. */
export function printRecording(answers: Record<string, AnswerValue>): string {
  const sorted = Object.fromEntries(Object.entries(answers).sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${JSON.stringify({ format: 'qubeforge-machine/1', answers: sorted }, undefined, 1)}\n`;
}

/** Reads a recording. Throws an `AppError` (`machine.recording`) when `text` is none. */
export function parseRecording(text: string, where: string): Recording {
  const bad = (got: string): AppError =>
    new AppError({
      kind: 'usage',
      code: 'machine.recording',
      what: 'This is not a recorded machine',
      where,
      expected: 'machine.json as `qubeforge-install check --record DIR` writes it',
      got,
      next: 'qubeforge-install check --record DIR',
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw bad(error instanceof Error ? error.message : 'no JSON');
  }
  const parsed = Recording.safeParse(value);
  if (!parsed.success) throw bad(parsed.error.issues[0]?.message ?? 'another shape');
  return parsed.data;
}

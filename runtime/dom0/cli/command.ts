import { AppError } from '../../../core/errors.ts';
import type { ParseArgsConfig } from 'node:util';
import type { EventSink } from '../../../core/events.ts';
import type { Machine } from '../../../core/machine.ts';

/** What a command gets: its words, its flags, and dom0. */
export interface Call {
  readonly words: readonly string[];
  readonly flags: Readonly<Record<string, string | boolean | undefined>>;
  /** What stood after `--`. */
  readonly rest: readonly string[];
  readonly file: string;
  readonly machine: Machine;
  readonly sink: EventSink;
}

/** One command of `qube`: a file here and a line in the registry. */
export interface QubeCommand {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  readonly options?: NonNullable<ParseArgsConfig['options']>;
  /** How many words it takes. */
  readonly words: { readonly min: number; readonly max: number };
  /** Resolves with the exit code. */
  readonly run: (call: Call) => Promise<number>;
}

/** A flag that carries text. */
export function textFlag({ flags }: Pick<Call, 'flags'>, name: string): string | undefined {
  const value = flags[name];
  return typeof value === 'string' ? value : undefined;
}

/** What a command was asked for, for people and for programs. */
export function result(sink: EventSink, name: string, value: unknown, text: string): void {
  sink({ type: 'result', name, value, text });
}

/** The option of commands that wait for a guest. */
export const WAIT = { wait: { type: 'string' } } as const;

const DEFAULT_WAIT = 180;

/**
 * How long a guest has to come up or go down, in milliseconds; `--wait` says it in seconds.
 * @throws AppError `usage.wait`.
 */
export function patience(call: Pick<Call, 'flags'>, standard = DEFAULT_WAIT): number {
  const text = textFlag(call, 'wait') ?? String(standard);
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text) * 1000;
  throw new AppError({
    kind: 'usage',
    code: 'usage.wait',
    what: 'that is no time to wait',
    expected: 'seconds, at most 99999',
    got: text,
  });
}

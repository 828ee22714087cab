import type { ErrorKind } from './errors.ts';

/** Progress of one piece of work, as data: renderers decide how it looks. */
export type Event =
  | { readonly type: 'started'; readonly id: string; readonly title: string; readonly parent?: string }
  | {
      readonly type: 'progress';
      readonly id: string;
      readonly done: number;
      readonly total?: number;
      readonly unit: 'bytes' | 'items';
      readonly detail?: string;
    }
  | { readonly type: 'log'; readonly id?: string; readonly level: LogLevel; readonly message: string }
  | {
      readonly type: 'finished';
      readonly id: string;
      readonly outcome: 'done' | 'cached' | 'skipped';
      readonly detail?: string;
    }
  | { readonly type: 'failed'; readonly id: string; readonly message: string }
  /** Why a program ends without success; the last event. `text` is all of it for people. */
  | {
      readonly type: 'error';
      readonly kind: ErrorKind | 'interrupted';
      readonly code: string;
      readonly exitCode: number;
      readonly message: string;
      readonly text: string;
    }
  /** What a command was asked for; the only event that goes to stdout without `--json`. */
  | { readonly type: 'result'; readonly name: string; readonly value: unknown; readonly text: string };

export type LogLevel = 'debug' | 'info' | 'warning' | 'error';

/** Receives events in order. Must not throw. */
export type EventSink = (event: Event) => void;

/** Runs `work` between its `started` and `finished` (or `failed`) events. */
export async function tracked<T>(
  sink: EventSink,
  task: { readonly id: string; readonly title: string; readonly parent?: string },
  work: () => Promise<T>,
  describe?: (value: T) => { readonly outcome?: 'done' | 'cached' | 'skipped'; readonly detail?: string },
): Promise<T> {
  sink({ type: 'started', ...task });
  try {
    const value = await work();
    sink({ type: 'finished', id: task.id, outcome: 'done', ...describe?.(value) });
    return value;
  } catch (error) {
    sink({ type: 'failed', id: task.id, message: error instanceof Error ? error.message : String(error) });
    throw error;
  }
}

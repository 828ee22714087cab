import type { Event, EventSink } from '../../../core/events.ts';

export interface Streams {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** Events as lines: results to stdout, what is being done to stderr; with `json` every event to stdout. */
export function lineSink({ out, err }: Streams, { json = false, quiet = false } = {}): EventSink {
  return (event: Event) => {
    if (json) out(`${JSON.stringify(event)}\n`);
    else if (event.type === 'result') out(`${event.text}\n`);
    else if (event.type === 'log') err(`${event.message}\n`);
    else if (event.type === 'started' && !quiet) err(`${event.title}\n`);
  };
}

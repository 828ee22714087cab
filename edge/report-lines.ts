import { formatBytes } from '../core/bytes.ts';
import type { Event, EventSink } from '../core/events.ts';
import type { Clock } from '../core/ports.ts';

/** How long a task stays silent between two lines of progress, in milliseconds. */
const PROGRESS_INTERVAL = 5_000;

const LEVELS = { info: 'note', warning: 'warning', error: 'error' } as const;

type Task = { readonly title: string; readonly started: number; spoke: number };

/** Events as plain lines, for logs and CI: what starts, what ends and when, and progress now and then. */
export function lineReporter(write: (text: string) => void, clock: Clock): EventSink {
  const begin = clock();
  const tasks = new Map<string, Task>();
  const line = (text: string): void => {
    const stamp = ((clock() - begin) / 1000).toFixed(1).padStart(7);
    write(`[${stamp}] ${text.replaceAll('\n', `\n${' '.repeat(10)}`)}\n`);
  };
  const ended = (id: string): string => {
    const task = tasks.get(id);
    tasks.delete(id);
    const seconds = ((clock() - (task?.started ?? clock())) / 1000).toFixed(1);
    return `${task?.title ?? id} (${seconds} s)`;
  };
  return (event) => {
    switch (event.type) {
      case 'started':
        tasks.set(event.id, { title: event.title, started: clock(), spoke: clock() });
        line(`start   ${event.title}`);
        break;
      case 'progress': {
        const task = tasks.get(event.id);
        if (task === undefined || clock() - task.spoke < PROGRESS_INTERVAL) break;
        task.spoke = clock();
        line(`        ${task.title}: ${progressText(event)}`);
        break;
      }
      case 'finished':
        line(`${event.outcome.padEnd(7)} ${ended(event.id)}${behind(event.detail)}`);
        break;
      case 'failed':
        line(`FAILED  ${ended(event.id)}: ${event.message}`);
        break;
      case 'log':
        if (event.level !== 'debug') line(`${LEVELS[event.level]}: ${event.message}`);
        break;
      case 'error':
        write(`${event.text}\n`);
        break;
      case 'result':
        break;
    }
  };
}

function behind(detail: string | undefined): string {
  return detail === undefined ? '' : `: ${detail}`;
}

/** `45 % · 120 MiB of 260 MiB · name` */
export function progressText(event: Extract<Event, { type: 'progress' }>): string {
  const size = event.unit === 'bytes' ? formatBytes : (count: number): string => String(count);
  const { done, total, detail } = event;
  const parts =
    total === undefined || total === 0
      ? [size(done)]
      : [`${Math.floor((100 * Math.min(done, total)) / total)} %`, `${size(done)} of ${size(total)}`];
  return [...parts, ...(detail === undefined ? [] : [detail])].join(' · ');
}

/** Events as JSON, one a line: for `--json` and `--log`. */
export function jsonReporter(write: (text: string) => void): EventSink {
  return (event) => {
    write(`${JSON.stringify(event)}\n`);
  };
}

import { mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Event, EventSink } from '../core/events.ts';
import type { Clock } from '../core/ports.ts';
import { jsonReporter, lineReporter } from './report-lines.ts';

/** Where the events of a program go, and the end of it. */
export interface Reporter {
  readonly sink: EventSink;
  /** Waits until everything is drawn and gives the terminal back. May be called again: messages may come later, tasks not. */
  close(): Promise<void>;
}

/** What decides how events are shown. */
export interface ReporterOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  /** Absolute path of a file that gets every event as JSON lines. */
  readonly log: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stderrStream: NodeJS.WriteStream;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly clock: Clock;
}

/** The renderers that fit the flags and the terminal, behind one sink. */
export async function openReporter(options: ReporterOptions): Promise<Reporter> {
  const progress = await progressReporter(options);
  const output = heldBack(options.stdout);
  const sinks: EventSink[] = [
    progress.sink,
    options.json ? jsonReporter(options.stdout) : results(output.write),
  ];
  if (options.log !== undefined) sinks.push(jsonReporter(appendTo(options.log)));
  return {
    sink: (event) => {
      for (const sink of sinks) sink(event);
    },
    async close() {
      await progress.close();
      output.flush();
    },
  };
}

/** Results wait for the end: on a terminal they would tear the drawing of the progress apart. */
function heldBack(write: (text: string) => void): { write: (text: string) => void; flush: () => void } {
  const held: string[] = [];
  return {
    write: (text) => held.push(text),
    flush: () => {
      for (const text of held.splice(0)) write(text);
    },
  };
}

async function progressReporter(options: ReporterOptions): Promise<Reporter> {
  if (drawsOnTerminal(options)) {
    const { terminalReporter } = await import('./report-tty.ts');
    return terminalReporter(options.stderrStream, options.stderr);
  }
  const lines = lineReporter(options.stderr, options.clock);
  const sink: EventSink = options.quiet ? onlyTrouble(lines) : lines;
  return { sink, close: () => Promise.resolve() };
}

/** Whether a terminal is there that can be drawn on, a person in front of it, and nothing else draws. */
export function drawsOnTerminal({
  env,
  stderrStream,
  quiet,
  json,
}: Pick<ReporterOptions, 'env' | 'stderrStream' | 'quiet' | 'json'>): boolean {
  // A pseudo-terminal that nobody gave a size has 0 columns.
  const drawable = stderrStream.isTTY && stderrStream.columns >= 40 && env['TERM'] !== 'dumb';
  const unset = (name: string): boolean => ['', 'false', '0', undefined].includes(env[name]);
  return drawable && !quiet && !json && unset('CI') && unset('NO_COLOR');
}

function onlyTrouble(sink: EventSink): EventSink {
  return (event) => {
    if (event.type === 'error' || (event.type === 'log' && event.level === 'warning')) sink(event);
  };
}

function results(write: (text: string) => void): EventSink {
  return (event: Event) => {
    if (event.type === 'result') write(`${event.text}\n`);
  };
}

/** Synchronous, so that a log is complete up to the moment of a crash. */
function appendTo(path: string): (text: string) => void {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, 'a', 0o644);
  return (text) => {
    writeSync(file, text);
  };
}

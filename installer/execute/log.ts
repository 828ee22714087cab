import { describeError } from '../../core/errors.ts';
import type { Event, EventSink } from '../../core/events.ts';
import type { Runner } from '../../core/ports.ts';
import type { Secret } from '../../core/secret.ts';

const MOST_OUTPUT = 4000;

/** What an installation did, line by line. Standard input is never in it; secrets are taken out besides. */
export class InstallLog {
  readonly #lines: string[] = [];
  readonly #secrets: Secret[] = [];
  readonly #write: (line: string) => void;
  readonly #now: () => number;

  constructor(write: (line: string) => void, now: () => number) {
    this.#write = write;
    this.#now = now;
  }

  /** From now on `secret` is printed as dots, should a tool repeat it. */
  hide(secret: Secret | undefined): void {
    if (secret !== undefined && secret.reveal() !== '') this.#secrets.push(secret);
  }

  add(text: string): void {
    const clean = this.#secrets.reduce(
      (line, secret) => line.replaceAll(secret.reveal(), secret.toString()),
      text,
    );
    const line = `${new Date(this.#now()).toISOString()} ${clean}`;
    this.#lines.push(line);
    this.#write(`${line}\n`);
  }

  text(): string {
    return `${this.#lines.join('\n')}\n`;
  }
}

/** A runner whose commands and their output are in the log. */
export function loggedRunner(run: Runner, log: InstallLog): Runner {
  return async (command) => {
    log.add(`run ${command.argv.join(' ')}`);
    try {
      const finished = await run(command);
      const output = `${finished.stdout}${finished.stderr}`.trim();
      log.add(`ended with ${finished.exitCode}${output === '' ? '' : `\n${output.slice(0, MOST_OUTPUT)}`}`);
      return finished;
    } catch (error) {
      log.add(describeError(error).slice(0, MOST_OUTPUT));
      throw error;
    }
  };
}

/** A sink whose events are in the log too, but for progress. */
export function loggedSink(sink: EventSink, log: InstallLog): EventSink {
  return (event) => {
    if (event.type !== 'progress') log.add(describeEvent(event));
    sink(event);
  };
}

function describeEvent(event: Exclude<Event, { type: 'progress' }>): string {
  switch (event.type) {
    case 'started':
      return `step ${event.id}: ${event.title}`;
    case 'finished':
      return `step ${event.id}: ${event.outcome}`;
    case 'error':
      return `error ${event.code}: ${event.message}`;
    case 'failed':
      return `step ${event.id} failed: ${event.message}`;
    case 'log':
      return `${event.level}: ${event.message}`;
    case 'result':
      return `result ${event.name}`;
  }
}

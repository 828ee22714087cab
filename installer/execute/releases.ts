import type { EventSink } from '../../core/events.ts';
import type { Runner } from '../../core/ports.ts';

/** What must be taken back, in reverse order, whatever happened. For `await using`. */
export class Releases implements AsyncDisposable {
  readonly #run: Runner;
  readonly #sink: EventSink;
  readonly #commands: (readonly [string, ...string[]])[] = [];

  constructor(run: Runner, sink: EventSink) {
    this.#run = run;
    this.#sink = sink;
  }

  add(commands: readonly (readonly [string, ...string[]])[]): void {
    this.#commands.push(...commands);
  }

  /** Every command is tried; one that fails is told and does not keep the others from running. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (let argv = this.#commands.pop(); argv !== undefined; argv = this.#commands.pop()) {
      try {
        await this.#run({ argv });
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        this.#sink({ type: 'log', level: 'warning', message: `${argv.join(' ')}: ${message}` });
      }
    }
  }
}

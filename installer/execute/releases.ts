import type { EventSink } from '../../core/events.ts';
import type { Runner } from '../../core/ports.ts';

type Command = readonly [string, ...string[]];

/** What must be taken back, in reverse order, whatever happened. For `await using`. */
export class Releases implements AsyncDisposable {
  readonly #run: Runner;
  readonly #sink: EventSink;
  readonly #left: { readonly argv: Command; readonly told: boolean }[] = [];

  constructor(run: Runner, sink: EventSink) {
    this.#run = run;
    this.#sink = sink;
  }

  add(commands: readonly Command[]): void {
    this.#left.push(...commands.map((argv) => ({ argv, told: true })));
  }

  /** For a step that failed: there may be nothing to take back, so it is no news when that fails. */
  addHalfDone(commands: readonly Command[]): void {
    this.#left.push(...commands.map((argv) => ({ argv, told: false })));
  }

  /** Every command is tried; one that fails is told and does not keep the others from running. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (let next = this.#left.pop(); next !== undefined; next = this.#left.pop()) {
      const { argv, told } = next;
      try {
        await this.#run({ argv });
      } catch (error) {
        if (!told) continue;
        const message = error instanceof Error ? error.message : String(error);
        this.#sink({ type: 'log', level: 'warning', message: `${argv.join(' ')}: ${message}` });
      }
    }
  }
}

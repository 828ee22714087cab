import { AppError } from '../../core/errors.ts';
import {
  encodeRecord,
  JOURNAL_LENGTH,
  JOURNAL_OFFSET,
  type JournalRecord,
  type JournalState,
} from './journal.ts';
import type { ExecutePorts } from './ports.ts';

type DevicePorts = Pick<ExecutePorts, 'writeDevice'>;

/** The journal of a running installation: a step is in it once the record is on the disk. */
export class Journal {
  readonly #ports: DevicePorts;
  readonly #device: string;
  readonly #session: string;
  readonly #done: Set<string>;
  #used: number;

  private constructor(
    ports: DevicePorts,
    device: string,
    session: string,
    done: Iterable<string>,
    used: number,
  ) {
    this.#ports = ports;
    this.#device = device;
    this.#session = session;
    this.#done = new Set(done);
    this.#used = used;
  }

  /** Begins a journal: the first bytes of an installation that reach the disk. */
  static async begin(
    ports: DevicePorts,
    device: string,
    record: Omit<JournalState['begin'], 'type'>,
  ): Promise<Journal> {
    await ports.writeDevice(device, JOURNAL_OFFSET, new Uint8Array(JOURNAL_LENGTH));
    const journal = new Journal(ports, device, record.session, [], 0);
    await journal.#append({ type: 'begin', ...record });
    return journal;
  }

  /** Goes on with a journal that was read. */
  static resume(ports: DevicePorts, device: string, state: JournalState): Journal {
    return new Journal(ports, device, state.begin.session, state.done, state.used);
  }

  get session(): string {
    return this.#session;
  }

  get done(): ReadonlySet<string> {
    return this.#done;
  }

  async finish(step: string): Promise<void> {
    await this.#append({ type: 'done', session: this.#session, step });
    this.#done.add(step);
  }

  /** Notes a failure, when there is still room and the disk still works. */
  async failed(step: string, message: string): Promise<void> {
    try {
      await this.#append({ type: 'failed', session: this.#session, step, message: message.slice(0, 1000) });
    } catch (error) {
      // The failure itself matters more than that it could not be noted.
      if (!(error instanceof Error)) throw error;
    }
  }

  /** All is done: nothing to resume any more. */
  async close(): Promise<void> {
    await this.#append({ type: 'finished', session: this.#session });
  }

  async #append(record: JournalRecord): Promise<void> {
    const bytes = encodeRecord(record);
    if (this.#used + bytes.length > JOURNAL_LENGTH) {
      throw new AppError({
        kind: 'tool',
        code: 'journal.full',
        what: 'The journal of the installation is full: it failed too often',
        where: this.#device,
        next: 'qubeforge-install install, from the beginning',
      });
    }
    await this.#ports.writeDevice(this.#device, JOURNAL_OFFSET + this.#used, bytes);
    this.#used += bytes.length;
  }
}

import { mkdir } from 'node:fs/promises';
import { roomFor } from '../builder/sandbox/room.ts';
import type { WorkPlace } from '../builder/stages/ports.ts';
import { removeMapped } from './id-namespace.ts';

/** Gives jobs places to work: memory, as long as there is enough for all who work at the same time. */
export class WorkPlaces {
  readonly #available: () => Promise<number>;
  readonly #temporaryPath: () => string;
  /** Bytes promised to jobs that may not have used them yet. */
  #promised = 0;

  constructor(available: () => Promise<number>, temporaryPath: () => string) {
    this.#available = available;
    this.#temporaryPath = temporaryPath;
  }

  async take(bytes: number): Promise<WorkPlace> {
    const { place, account } = roomFor(bytes, (await this.#available()) - this.#promised);
    if (place === 'memory') {
      this.#promised += bytes;
      return {
        account,
        [Symbol.asyncDispose]: () => {
          this.#promised -= bytes;
          return Promise.resolve();
        },
      };
    }
    const directory = this.#temporaryPath();
    await mkdir(directory, { recursive: true });
    return { directory, account, [Symbol.asyncDispose]: () => removeMapped(directory) };
  }
}

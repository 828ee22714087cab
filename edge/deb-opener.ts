import { link } from 'node:fs/promises';
import { join } from 'node:path';
import type { Outputs } from '../builder/graph/stage.ts';
import type { Sandbox } from '../builder/sandbox/job.ts';
import type { Ingested, IngestTask } from '../builder/stages/debian/ingest.ts';
import type { DebOpener } from '../builder/stages/ports.ts';
import type { DebPool } from './deb-pool.ts';
import { LineQueue } from './line-queue.ts';

/** Below this size (bytes of a .deb) our own decoder is done before three processes have started. */
const SMALL = 128 * 1024;
/** As much as `openDeb` lets out of a package, in the units of ulimit. */
const MAX_BLOCKS = (16 * 1024 ** 3) / 512;

/**
 * Takes orders from stdin, a line each: name, offset and size of an xz stream within /in/debs/NAME. Answers with
 * the name once /out/NAME holds what was in it.
 */
const UNPACK_SCRIPT = `
ulimit -f ${String(MAX_BLOCKS)}
while read -r name offset size; do
  ( if tail -c +$((offset + 1)) "/in/debs/$name" | head -c "$size" | xz -dcq >"/out/$name"; then echo "$name done"
    else echo "$name failed"; fi ) &
done
wait
`;

type Temporary = AsyncDisposable & { readonly path: string };

export interface DebOpenerPorts {
  readonly pool: DebPool;
  readonly sandbox: Sandbox;
  readonly toolboxTree: (toolbox: Outputs) => Promise<string>;
  readonly scratch: () => Promise<Temporary>;
}

/**
 * Opens .debs on threads; with a toolbox, large ones are decompressed by its xz, which is twice as fast as
 * ours. A package that its xz cannot read is given to our decoder, which says what is wrong with it.
 */
export function openDebs(
  ports: DebOpenerPorts,
  toolbox: Outputs | undefined,
  signal: AbortSignal,
): DebOpener {
  const { pool } = ports;
  if (toolbox === undefined) {
    return { ingest: (task) => pool.ingest(task), [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const xz = new Decompressor(ports, toolbox, signal);
  return {
    async ingest(task): Promise<Ingested> {
      if (task.size < SMALL) return await pool.ingest(task);
      const { compression, offset, size } = await pool.locate(task);
      const unpackedPath = compression === 'xz' ? await xz.unpack(task, offset, size) : undefined;
      return await pool.ingest(unpackedPath === undefined ? task : { ...task, unpackedPath });
    },
    [Symbol.asyncDispose]: () => xz[Symbol.asyncDispose](),
  };
}

/** A sandbox that decompresses on demand; it starts with the first order. */
class Decompressor implements AsyncDisposable {
  readonly #ports: DebOpenerPorts;
  readonly #toolbox: Outputs;
  readonly #signal: AbortSignal;
  readonly #waiting = new Map<string, (path: string | undefined) => void>();
  readonly #orders = new LineQueue();
  #places: Promise<{ readonly debs: Temporary; readonly out: Temporary }> | undefined;
  #job: Promise<void> | undefined;
  #over = false;

  constructor(ports: DebOpenerPorts, toolbox: Outputs, signal: AbortSignal) {
    this.#ports = ports;
    this.#toolbox = toolbox;
    this.#signal = signal;
  }

  /** The path of the decompressed bytes; undefined when it could not be done. */
  async unpack(task: IngestTask, offset: number, size: number): Promise<string | undefined> {
    const places = await (this.#places ??= this.#open());
    this.#job ??= this.#run(places);
    const name = task.sha256;
    await link(task.deb, join(places.debs.path, name));
    if (this.#over) return undefined;
    const answer = new Promise<string | undefined>((resolve) => this.#waiting.set(name, resolve));
    this.#orders.push(`${name} ${String(offset)} ${String(size)}\n`);
    return await answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#orders.end();
    await this.#job;
    const places = await this.#places;
    await places?.debs[Symbol.asyncDispose]();
    await places?.out[Symbol.asyncDispose]();
  }

  async #open(): Promise<{ readonly debs: Temporary; readonly out: Temporary }> {
    return { debs: await this.#ports.scratch(), out: await this.#ports.scratch() };
  }

  /** Never rejected: what a sandbox has against running is said by the stage's own. */
  async #run({ debs, out }: { readonly debs: Temporary; readonly out: Temporary }): Promise<void> {
    try {
      await this.#ports.sandbox({
        toolbox: await this.#ports.toolboxTree(this.#toolbox),
        script: UNPACK_SCRIPT,
        inputs: { debs: debs.path },
        out: out.path,
        input: this.#orders,
        onLine: (line) => {
          const [name = '', outcome] = line.split(' ');
          this.#answer(name, outcome === 'done' ? join(out.path, name) : undefined);
        },
        signal: this.#signal,
      });
    } catch {
      // Those who wait get no path, and decompress themselves.
    } finally {
      this.#over = true;
      for (const name of [...this.#waiting.keys()]) this.#answer(name, undefined);
    }
  }

  #answer(name: string, path: string | undefined): void {
    this.#waiting.get(name)?.(path);
    this.#waiting.delete(name);
  }
}

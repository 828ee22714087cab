import { Worker } from 'node:worker_threads';
import { AppError } from '../core/errors.ts';
import type { DebMember } from '../builder/formats/deb.ts';
import type { Ingested, IngestTask } from '../builder/stages/debian/ingest.ts';
import { listTree, type ListFiles } from './list-tree.ts';
import type { DebAnswer, DebTask } from './deb-worker.ts';

/** Opens .debs and hashes trees on several threads; decompression is what a cold build mostly does. */
export class DebPool implements AsyncDisposable {
  readonly #size: number;
  readonly #workers: Worker[] = [];
  readonly #idle: Worker[] = [];
  readonly #waiting: ((worker: Worker) => void)[] = [];

  /** `size`: how many threads at most; they start when there is work for them. */
  constructor(size: number) {
    this.#size = size;
  }

  /** Throws what opening the package threw. */
  async ingest(task: IngestTask): Promise<Ingested> {
    return (await this.#run({ kind: 'ingest', task })) as Ingested;
  }

  /** Checks a .deb against the lock and says where its data archive is. */
  async locate(task: IngestTask): Promise<DebMember> {
    return (await this.#run({ kind: 'locate', task })) as DebMember;
  }

  /** The files of a directory tree; see `listTree`. */
  listTree(root: string): Promise<string> {
    const files: ListFiles = async (place, paths) =>
      (await this.#run({ kind: 'list', root: place, paths })) as readonly string[];
    return listTree(root, files);
  }

  async #run(task: DebTask): Promise<unknown> {
    const worker = await this.#take();
    try {
      const answer = await ask(worker, task);
      if (!answer.ok) throw new AppError(answer.failure);
      return answer.value;
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#idle.push(worker);
      else next(worker);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  async #take(): Promise<Worker> {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    if (this.#workers.length < this.#size) {
      const worker = startWorker();
      this.#workers.push(worker);
      return worker;
    }
    return await new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** From source the worker is TypeScript too, and needs tsx; bundled, it is a file beside the bundle. */
function startWorker(): Worker {
  const worker = import.meta.url.endsWith('.ts')
    ? new Worker(
        `import(${JSON.stringify(import.meta.resolve('tsx/esm/api'))}).then(({ register }) => {
           register();
           return import(${JSON.stringify(new URL('./deb-worker.ts', import.meta.url).href)});
         });`,
        { eval: true },
      )
    : new Worker(new URL('./deb-worker.mjs', import.meta.url));
  worker.unref();
  return worker;
}

function ask(worker: Worker, task: DebTask): Promise<DebAnswer> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      worker.removeAllListeners('message');
      worker.removeAllListeners('error');
      act();
    };
    worker.once('message', (answer: DebAnswer) => {
      settle(() => {
        resolve(answer);
      });
    });
    worker.once('error', (error) => {
      settle(() => {
        reject(error);
      });
    });
    worker.postMessage(task);
  });
}

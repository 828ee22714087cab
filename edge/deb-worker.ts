import { createHash } from 'node:crypto';
import { createReadStream, closeSync, openSync, readSync, writeSync } from 'node:fs';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { parentPort } from 'node:worker_threads';
import { AppError, type Failure } from '../core/errors.ts';
import type { Sha256 } from '../core/digest.ts';
import { factsOf, infoTar, type Ingested, type IngestTask } from '../builder/stages/debian/ingest.ts';
import { openDeb, type DebSource } from '../builder/stages/debian/open-deb.ts';
import { readDeb, type DebMember } from '../builder/formats/deb.ts';
import { checkExtent } from '../builder/verify/hash-chain.ts';
import { hashFile } from './files.ts';
import { listFiles } from './list-tree.ts';

/** What a worker is asked for. */
export type DebTask =
  | { readonly kind: 'ingest' | 'locate'; readonly task: IngestTask }
  | { readonly kind: 'list'; readonly root: string; readonly paths: readonly string[] };

/** What a worker answers: a result, or the parts of a failure (errors lose their class between threads). */
export type DebAnswer =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly failure: Failure };

const READ_SIZE = 256 * 1024;
/** Small decoder outputs are gathered: one write a megabyte instead of one every few kilobytes. */
const WRITE_SIZE = 1024 * 1024;

/** Checks a .deb against the lock, opens it and writes its data archive. Files of ours carry time 0. */
export async function ingest(task: IngestTask): Promise<Ingested> {
  await check(task);
  const handle = await open(task.deb);
  if (task.unpackedPath !== undefined) await rename(task.unpackedPath, task.dataPath);
  const output = new HashingFile(task.unpackedPath === undefined ? task.dataPath : undefined);
  const unpacked = task.unpackedPath === undefined ? undefined : chunksOf(task.dataPath);
  try {
    const sink = (chunk: Uint8Array): void => {
      output.write(chunk);
    };
    const deb = await openDeb(fileSource(handle, task), task.where, sink, unpacked);
    return { facts: factsOf(deb), data: output.finish(), info: infoTar(deb, 0) };
  } catch (error) {
    output.finish();
    await rm(task.dataPath, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

/** Checks a .deb against the lock and says where its data archive is. */
async function locate(task: IngestTask): Promise<DebMember> {
  await check(task);
  const handle = await open(task.deb);
  try {
    return (await readDeb(fileSource(handle, task), task.where)).data;
  } finally {
    await handle.close();
  }
}

/** One whose data archive was decompressed elsewhere was checked before that. */
async function check(task: IngestTask): Promise<void> {
  if (task.unpackedPath !== undefined) return;
  const got = await hashFile(task.deb);
  checkExtent('blob', task.where, task, got ?? { size: 0, sha256: '' as Sha256 });
}

/** Each chunk is gone when the next is asked for. */
function* chunksOf(path: string): Generator<Uint8Array> {
  const descriptor = openSync(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(WRITE_SIZE);
    for (let got = 1; got > 0;) {
      got = readSync(descriptor, buffer);
      yield buffer.subarray(0, got);
    }
  } finally {
    closeSync(descriptor);
  }
}

function fileSource(handle: FileHandle, task: IngestTask): DebSource {
  return {
    size: task.size,
    read: async (offset, length) => {
      const buffer = Buffer.alloc(length);
      const { bytesRead } = await handle.read(buffer, 0, length, offset);
      return buffer.subarray(0, bytesRead);
    },
    stream: (offset, size) =>
      createReadStream(task.deb, { start: offset, end: offset + size - 1, highWaterMark: READ_SIZE }),
  };
}

class HashingFile {
  readonly #descriptor: number | undefined;
  readonly #hash = createHash('sha256');
  readonly #buffer = Buffer.allocUnsafe(WRITE_SIZE);
  #filled = 0;
  #size = 0;

  /** Without a path the bytes are hashed only. */
  constructor(path: string | undefined) {
    this.#descriptor = path === undefined ? undefined : openSync(path, 'wx', 0o600);
  }

  write(chunk: Uint8Array): void {
    this.#hash.update(chunk);
    this.#size += chunk.length;
    if (this.#descriptor === undefined) return;
    if (this.#filled + chunk.length > WRITE_SIZE) this.#flush();
    if (chunk.length > WRITE_SIZE) this.#put(chunk);
    else {
      this.#buffer.set(chunk, this.#filled);
      this.#filled += chunk.length;
    }
  }

  finish(): { size: number; sha256: Sha256 } {
    this.#flush();
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    return { size: this.#size, sha256: this.#hash.digest('hex') as Sha256 };
  }

  #flush(): void {
    this.#put(this.#buffer.subarray(0, this.#filled));
    this.#filled = 0;
  }

  #put(bytes: Uint8Array): void {
    if (this.#descriptor === undefined) return;
    for (let done = 0; done < bytes.length;) done += writeSync(this.#descriptor, bytes, done);
  }
}

function failureOf(error: unknown): Failure {
  if (error instanceof AppError) {
    const { kind, code, message: what, where, expected, got, next } = error;
    return { kind, code, what, where, expected, got, next };
  }
  return {
    kind: 'bug',
    code: 'bug',
    what: error instanceof Error ? (error.stack ?? error.message) : String(error),
  };
}

function answer(request: DebTask): Promise<unknown> {
  if (request.kind === 'list') return listFiles(request.root, request.paths);
  return request.kind === 'locate' ? locate(request.task) : ingest(request.task);
}

parentPort?.on('message', (request: DebTask) => {
  void answer(request).then(
    (value) => parentPort?.postMessage({ ok: true, value } satisfies DebAnswer),
    (error: unknown) => parentPort?.postMessage({ ok: false, failure: failureOf(error) } satisfies DebAnswer),
  );
});

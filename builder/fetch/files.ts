import { tracked } from '../../core/events.ts';
import type { Sha256 } from '../../core/digest.ts';
import { AppError } from '../../core/errors.ts';
import { settleAll } from '../../core/settle.ts';
import { download } from '../../edge/http.ts';
import { describeAttempts, firstOf, type Attempt } from './attempts.ts';
import type { FetchState } from './fetcher.ts';
import { locate, mirrorsOf, type Mirror, type Mirrored } from './mirrors.ts';
import { writeTag } from './upstream.ts';

/** A file of a repository's pool that a lock names. */
export interface WantedFile {
  /** Below the repository's base. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly sha256: Sha256;
  /** What it is, for people: `hello 2.10-3 (amd64)`. */
  readonly what: string;
  readonly repository: Mirrored;
  /** Date of the locked Release: adds the snapshot archive as the last mirror. */
  readonly date?: Date;
  /** The file is the tar of a tag: the mirrors are repositories of git. */
  readonly tag?: { readonly tag: string; readonly name: string };
}

/** A file that no mirror served. */
export interface Failed {
  readonly file: WantedFile;
  readonly attempts: readonly Attempt[];
}

const LISTED = 40;

/**
 * Brings every file into the store, verified, several at a time. Each file tries each mirror. Throws
 * one error for all that failed: the verification failure when a mirror served wrong bytes and none
 * the right ones, else `fetch.missing` (kind `network`) that names every missing file.
 */
export async function fetchFiles(
  state: FetchState,
  files: readonly WantedFile[],
  parent?: string,
): Promise<void> {
  const wanted = await missingOf(state, files);
  if (wanted.length === 0) return;
  if (state.offline === true)
    throw missing(
      wanted.map((file) => ({ file, attempts: [] })),
      true,
    );
  const total = wanted.reduce((sum, file) => sum + file.size, 0);
  const task = { id: `fetch ${wanted[0]?.sha256 ?? ''}`, title: `Fetch ${wanted.length} files` };
  await tracked(state.sink, parent === undefined ? task : { ...task, parent }, async () => {
    const done = new Map<WantedFile, number>();
    const report = throttle(() => {
      const bytes = [...done.values()].reduce((sum, value) => sum + value, 0);
      state.sink({ type: 'progress', id: task.id, done: bytes, total, unit: 'bytes' });
    });
    const results = await settleAll(
      wanted.map((file) =>
        fetchOnce(state, file, (bytes) => {
          done.set(file, bytes);
          report();
        }),
      ),
    );
    const failed = results.filter((result) => result !== undefined);
    if (failed.length > 0) throw failure(failed);
  });
}

async function missingOf(state: FetchState, files: readonly WantedFile[]): Promise<WantedFile[]> {
  const byHash = new Map(files.map((file) => [file.sha256, file]));
  const wanted: WantedFile[] = [];
  for (const file of byHash.values()) if (!(await state.store.has(file))) wanted.push(file);
  return wanted;
}

/** Joins a download of the same file that another caller has begun. */
async function fetchOnce(
  state: FetchState,
  file: WantedFile,
  progress: (bytes: number) => void,
): Promise<Failed | undefined> {
  const running = state.running.get(file.sha256);
  if (running !== undefined) return running;
  const started = state.pool.run(() => fetchFile(state, file, progress));
  state.running.set(file.sha256, started);
  try {
    return await started;
  } finally {
    state.running.delete(file.sha256);
  }
}

async function fetchFile(
  state: FetchState,
  file: WantedFile,
  progress: (bytes: number) => void,
): Promise<Failed | undefined> {
  state.signal?.throwIfAborted();
  const urlOf = (mirror: Mirror): string =>
    file.tag === undefined ? locate(mirror.url, file.path) : mirror.url;
  const found = await firstOf(
    mirrorsOf(file.repository, state.mirrors, file.date),
    state.health,
    async (mirror) => {
      const url = urlOf(mirror);
      await using writer = await state.store.createWriter({ ...file, where: `${file.what}: ${url}` });
      if (file.tag !== undefined) await writeTag(state, url, file.tag, writer);
      else {
        await download(url, writer, {
          expectedSize: file.size,
          onProgress: progress,
          ...(state.signal === undefined ? {} : { signal: state.signal }),
          ...(state.retry === undefined ? {} : { retry: state.retry }),
        });
      }
      await writer.commit();
    },
    urlOf,
  );
  if (Array.isArray(found)) return { file, attempts: found };
  const refused = found.failed.filter(({ error }) => error.kind === 'verification');
  if (refused.length > 0) {
    const message = `${file.what}: passed over wrong bytes: ${describeAttempts(refused)}`;
    state.sink({ type: 'log', level: 'warning', message });
  }
  return undefined;
}

function failure(failed: readonly Failed[]): AppError {
  for (const { attempts } of failed) {
    const refused = attempts.find(({ error }) => error.kind === 'verification');
    if (refused === undefined) continue;
    if (attempts.length === 1 && failed.length === 1) return refused.error;
    const { kind, code, message, where, expected, next } = refused.error;
    const got = `${refused.error.got ?? ''}\nmirrors tried:\n${describeAttempts(attempts)}`.trim();
    return new AppError({ kind, code, what: message, where, expected, got, next });
  }
  return missing(failed, false);
}

function missing(failed: readonly Failed[], offline: boolean): AppError {
  const lines = failed.slice(0, LISTED).map(({ file, attempts }) => {
    const tried = offline ? '' : `\n  ${describeAttempts(attempts).replaceAll('\n', '\n  ')}`;
    return `${file.what}: ${file.path}${tried}`;
  });
  if (failed.length > LISTED) lines.push(`and ${failed.length - LISTED} more`);
  const name = failed[0]?.file.repository.name ?? 'NAME';
  const count = `${failed.length} ${failed.length === 1 ? 'file' : 'files'} of the lock`;
  return new AppError({
    kind: 'network',
    code: offline ? 'fetch.offline' : 'fetch.missing',
    what: offline ? `${count} would have to be fetched` : `no mirror has ${count}`,
    expected: 'every locked file on a mirror or in the store',
    got: lines.join('\n'),
    next: offline
      ? 'run the command again without --offline'
      : `name a mirror that has them with --mirror ${name}=URL, or move on with: qubeforge lock --update`,
  });
}

/** Calls `work` at most ten times a second. */
function throttle(work: () => void): () => void {
  let last = 0;
  return () => {
    const now = Date.now();
    if (now - last < 100) return;
    last = now;
    work();
  };
}

/**
 * An exclusive lock as a file that says who holds it. A lock whose holder was killed is taken over.
 *
 * ```ts
 * await using lock = await acquireLock(join(out, '.lock'), { what: 'the output directory out/' });
 * ```
 */
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../core/errors.ts';
import { ignoreMissing, isAbandoned, isErrno, temporaryPath } from './files.ts';
import { pidOf, uniqueTag } from './process-identity.ts';

/** Milliseconds between two tries, the first and at most: who waits long must not keep the holder from its work. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 1000;

export interface LockOptions {
  /** What is locked, for the message. */
  readonly what: string;
  /** Milliseconds to wait for another holder; default 0. */
  readonly wait?: number;
  readonly signal?: AbortSignal;
}

/** Takes the lock, or throws an AppError of kind `busy` (`lock.busy`) that names the holder. */
export async function acquireLock(path: string, options: LockOptions): Promise<AsyncDisposable> {
  await mkdir(dirname(path), { recursive: true });
  const tag = uniqueTag();
  let left = options.wait ?? 0;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    const holder = await tryLock(path, tag);
    if (holder === undefined) return { [Symbol.asyncDispose]: () => release(path, tag) };
    if (left <= 0) throw busy(path, holder, options);
    // At random, so that many who wait do not come at the same moment, of whom one gets in.
    const time = Math.min(pause * (0.5 + Math.random() / 2), left);
    await sleep(time, undefined, options.signal === undefined ? {} : { signal: options.signal });
    left -= time;
  }
}

/** The tag of the holder; undefined when the lock is now ours. */
async function tryLock(path: string, tag: string): Promise<string | undefined> {
  if (await create(path, tag)) return undefined;
  const holder = await readFile(path, 'utf8').catch(ignoreMissing);
  if (holder === undefined) return (await create(path, tag)) ? undefined : 'somebody';
  if (!(await isAbandoned(path, holder))) return holder;
  return (await breakStale(path, holder)) && (await create(path, tag)) ? undefined : holder;
}

/** Makes the lock with its content in one step: link(2) never overwrites. */
async function create(path: string, tag: string): Promise<boolean> {
  const temporary = temporaryPath(dirname(path), 'lock');
  await writeFile(temporary, tag, { flag: 'wx' });
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/**
 * Removes the lock of a dead holder. Two that find the same dead holder must not break each other's
 * fresh lock, so breaking is itself done under a lock.
 */
async function breakStale(path: string, holder: string): Promise<boolean> {
  const guard = `${path}.break`;
  const tag = uniqueTag();
  if (!(await create(guard, tag))) {
    const breaker = await readFile(guard, 'utf8').catch(ignoreMissing);
    if (breaker !== undefined && (await isAbandoned(guard, breaker))) await rm(guard, { force: true });
    return false;
  }
  try {
    const current = await readFile(path, 'utf8').catch(ignoreMissing);
    if (current === holder) {
      const grave = temporaryPath(dirname(path), 'lock');
      await rename(path, grave);
      await rm(grave, { force: true });
    }
    return true;
  } finally {
    await release(guard, tag);
  }
}

async function release(path: string, tag: string): Promise<void> {
  const holder = await readFile(path, 'utf8').catch(ignoreMissing);
  if (holder === tag) await rm(path, { force: true });
}

function busy(path: string, holder: string, options: LockOptions): AppError {
  return new AppError({
    kind: 'busy',
    code: 'lock.busy',
    what: `${options.what} is in use by another process`,
    where: path,
    expected: 'nobody else at work',
    got: `process ${pidOf(holder)}`,
    next: `wait for it to end (ps -p ${pidOf(holder)}), then run the command again`,
  });
}

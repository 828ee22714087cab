/**
 * Files that survive a crash: written beside their place, synced, then renamed into it, so that a path
 * holds the old bytes or the new ones and never a part.
 *
 * ```ts
 * await writeFileAtomic('recipes/locks/toolbox.lock.json', text);
 * const bytes = await readIfPresent(path);           // undefined when there is none
 * await using lock = await acquireLock(path, …);     // see lock-file.ts
 * ```
 */
import { createHash } from 'node:crypto';
import { closeSync, constants, openSync, readFileSync, readSync, statSync, type Stats } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setImmediate as breath, setTimeout as sleep } from 'node:timers/promises';
import type { Sha256 } from '../core/digest.ts';
import { lifeOf, uniqueTag } from './process-identity.ts';

const DAY = 24 * 3600_000;
/** Marks a temporary name; what follows is the tag of its writer. */
const TEMPORARY = '.tmp-';
/** A temporary file whose writer cannot be seen (another container) is rubbish after this time. */
const UNKNOWN_OWNER_GRACE = DAY;
const CHUNK = 1024 * 1024;

/** A fresh temporary path in `directory`; `hint` keeps related leftovers together. */
export function temporaryPath(directory: string, hint = ''): string {
  return join(directory, `.${hint}${TEMPORARY}${uniqueTag()}`);
}

/**
 * Writes a whole file: temporary file in the same directory, fsync, rename, fsync of the directory.
 * Leftovers of killed writers of the same file are swept on the way. `mode` is subject to the umask.
 */
export async function writeFileAtomic(
  path: string,
  data: Uint8Array | string,
  options: { readonly mode?: number } = {},
): Promise<void> {
  const directory = dirname(path);
  await mkdir(directory, { recursive: true });
  await sweepTemporary(directory, { hint: basename(path) });
  const temporary = temporaryPath(directory, basename(path));
  try {
    const handle = await openExclusive(temporary, options.mode ?? 0o644);
    try {
      await handle.writeFile(data);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(directory);
}

/** Opens a file that must not exist yet, for writing. */
export function openExclusive(path: string, mode = 0o644): Promise<FileHandle> {
  return open(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW, mode);
}

/** Makes renames and removals in a directory durable. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Removes temporary files whose writers are dead. `hint` limits it to the leftovers of one file.
 * Returns how many were removed.
 */
export async function sweepTemporary(
  directory: string,
  options: { readonly hint?: string; readonly now?: number } = {},
): Promise<number> {
  const prefix = options.hint === undefined ? '.' : `.${options.hint}${TEMPORARY}`;
  let removed = 0;
  for (const name of await listDirectory(directory)) {
    const at = name.lastIndexOf(TEMPORARY);
    if (at < 0 || !name.startsWith(prefix)) continue;
    const path = join(directory, name);
    if (!(await isAbandoned(path, name.slice(at + TEMPORARY.length), options.now))) continue;
    // Imported when needed: those who only write files need no namespaces.
    await (await import('./id-namespace.ts')).removeMapped(path);
    removed += 1;
  }
  return removed;
}

/** Whether the owner of `tag` is dead, or unseen for so long that it counts as dead. */
export async function isAbandoned(path: string, tag: string, now = Date.now()): Promise<boolean> {
  const life = lifeOf(tag);
  if (life !== 'unknown') return life === 'dead';
  const found = await stat(path).catch(ignoreMissing);
  return found !== undefined && now - found.mtimeMs > UNKNOWN_OWNER_GRACE;
}

/** The names in a directory, sorted; none when it does not exist. */
export async function listDirectory(directory: string): Promise<string[]> {
  return ((await readdir(directory).catch(ignoreMissing)) ?? []).sort();
}

/** The bytes of a small file, or undefined when there is none. Blocks, as {@link statIfPresent} does. */
export function readSmallIfPresent(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    ignoreMissing(error);
    return undefined;
  }
}

/** The bytes of a file, or undefined when there is none. */
export async function readIfPresent(path: string): Promise<Buffer | undefined> {
  return readFile(path).catch(ignoreMissing);
}

/**
 * Size (bytes) and SHA-256 of a file; undefined when there is none. Reads without the thread pool, as
 * the way there and back costs more than a read of this size, and lets others run in between.
 */
export async function hashFile(
  path: string,
): Promise<{ readonly size: number; readonly sha256: Sha256 } | undefined> {
  const file = openForReading(path);
  if (file === undefined) return undefined;
  const hash = createHash('sha256');
  let size = 0;
  try {
    for (;;) {
      const bytesRead = readSync(file, SHARED, 0, CHUNK, null);
      if (bytesRead === 0) break;
      hash.update(SHARED.subarray(0, bytesRead));
      size += bytesRead;
      if (bytesRead === CHUNK) await breath();
    }
  } finally {
    closeSync(file);
  }
  return { size, sha256: hash.digest('hex') as Sha256 };
}

/**
 * As {@link hashFile}, for a file that somebody writes from front to back until `written` is fulfilled: most of it
 * is hashed by then. Throws what `written` is rejected with.
 */
export async function hashWhileWritten(
  path: string,
  written: Promise<unknown>,
): Promise<{ readonly size: number; readonly sha256: Sha256 } | undefined> {
  const hash = createHash('sha256');
  let state: 'writing' | 'written' | 'failed' = 'writing';
  const over = written.then(
    () => (state = 'written'),
    () => (state = 'failed'),
  );
  let file: number | undefined;
  let size = 0;
  const now = (): string => state;
  try {
    for (;;) {
      // Asked before the read: what is read after the end of the writing is all there is.
      const before = now();
      if (before === 'failed') break;
      file ??= openForReading(path);
      const bytesRead = file === undefined ? 0 : readSync(file, SHARED, 0, CHUNK, null);
      hash.update(SHARED.subarray(0, bytesRead));
      size += bytesRead;
      if (bytesRead > 0) await breath();
      else if (before === 'written') break;
      else await Promise.race([over, sleep(file === undefined ? START_INTERVAL : FOLLOW_INTERVAL)]);
    }
  } finally {
    if (file !== undefined) closeSync(file);
  }
  await written;
  return file === undefined ? undefined : { size, sha256: hash.digest('hex') as Sha256 };
}

/** Milliseconds between two looks at a file that is to be written, and at one that grows. */
const START_INTERVAL = 50;
const FOLLOW_INTERVAL = 5;

/** Used between two awaits only, so one for all is enough. */
const SHARED = Buffer.allocUnsafe(CHUNK);

function openForReading(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    ignoreMissing(error);
    return undefined;
  }
}

/**
 * What stat(2) says of a file, or undefined when there is none. Blocks: the way to the thread pool and back costs
 * many times as much, and a build asks of several files of every package.
 */
export function statIfPresent(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

/** Notes the use of a file in its time of modification, at most once a day. */
export async function noteUse(path: string, found = statIfPresent(path)): Promise<void> {
  const now = Date.now();
  if (found === undefined || now - found.mtimeMs < DAY) return;
  await utimes(path, now / 1000, now / 1000).catch(ignoreMissing);
}

/** For `.catch`: turns "no such file" into undefined and lets every other failure pass. */
export function ignoreMissing(error: unknown): undefined {
  if (isErrno(error, 'ENOENT')) return undefined;
  throw error;
}

/** Whether `error` is the system error `code` (`ENOENT`, `EEXIST` …). */
export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '../core/errors.ts';

/**
 * Holds `path` as a lock until disposed of. The file names its holder by process id and start time, so
 * the lock of a process that died is taken over.
 * @throws AppError `lock.busy` when a living process holds it.
 */
export async function holdLock(path: string): Promise<AsyncDisposable> {
  await mkdir(dirname(path), { recursive: true });
  const mine = await identity(process.pid);
  const own = `${path}.${process.pid}`;
  await writeFile(own, `${process.pid} ${mine ?? ''}`);
  try {
    await take(path, own);
  } finally {
    await rm(own, { force: true });
  }
  return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
}

async function take(path: string, own: string): Promise<void> {
  for (let tries = 0; tries < 3; tries += 1) {
    if (await linked(own, path)) return;
    const holder = await readHolder(path);
    if (holder !== undefined && (await identity(holder.pid)) === holder.started) throw busy(path, holder.pid);
    await rm(path, { force: true });
  }
  throw busy(path, undefined);
}

async function linked(own: string, path: string): Promise<boolean> {
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

async function readHolder(path: string): Promise<{ pid: number; started: string } | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const [pid, started] = text.split(' ');
  return pid === undefined || started === undefined ? undefined : { pid: Number(pid), started };
}

/** When a process started, in clock ticks since boot (proc(5), field 22); undefined when it is gone. */
async function identity(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')[19];
}

function busy(path: string, pid: number | undefined): AppError {
  return new AppError({
    kind: 'busy',
    code: 'lock.busy',
    what: 'another command is at work here',
    where: path,
    ...(pid === undefined ? {} : { got: `process ${pid}` }),
    next: 'wait for it to end, then try again',
  });
}

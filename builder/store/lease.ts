import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../core/errors.ts';
import { ignoreMissing, isAbandoned, listDirectory, readIfPresent } from '../../edge/files.ts';
import { acquireLock } from '../../edge/lock-file.ts';
import { ownerTag, pidOf, uniqueTag } from '../../edge/process-identity.ts';
import type { Layout } from './layout.ts';

const GC_WAIT = 60_000;

/** A process's word that it uses the store: while it stands, nobody collects garbage. */
export interface Lease extends AsyncDisposable {
  readonly tag: string;
}

/**
 * Announces the use of the store. First the lease, then a look at the collector's lock; the collector
 * takes its lock first, then looks at the leases: whoever is second sees the other. Throws `store.busy`
 * when a collection does not end within a minute.
 */
export async function takeLease(layout: Layout): Promise<Lease> {
  await mkdir(layout.leases, { recursive: true });
  await livingLeases(layout);
  const tag = uniqueTag();
  const path = join(layout.leases, tag);
  const release = (): Promise<void> => rm(path, { force: true });
  for (let waited = 0; ; waited += 200) {
    await writeFile(path, '');
    const collector = await livingHolder(layout);
    if (collector === undefined) return { tag, [Symbol.asyncDispose]: release };
    await release();
    if (waited >= GC_WAIT) throw busy('the store is being cleaned', collector);
    await sleep(200);
  }
}

/** Locks the store for a collection. Throws `store.busy` while another process holds a lease. */
export async function lockForCollection(layout: Layout): Promise<AsyncDisposable> {
  const lock = await acquireLock(layout.gcLock, { what: 'the store' });
  try {
    const other = (await livingLeases(layout)).find((tag) => !tag.startsWith(`${ownerTag()}.`));
    if (other !== undefined) throw busy('the store is in use', other);
  } catch (error) {
    await lock[Symbol.asyncDispose]();
    throw error;
  }
  return lock;
}

/** The leases of processes that may still run; those of dead ones are removed. */
async function livingLeases(layout: Layout): Promise<string[]> {
  const living: string[] = [];
  for (const tag of await listDirectory(layout.leases)) {
    const path = join(layout.leases, tag);
    if (await isAbandoned(path, tag)) await rm(path, { force: true });
    else living.push(tag);
  }
  return living;
}

async function livingHolder(layout: Layout): Promise<string | undefined> {
  const tag = (await readIfPresent(layout.gcLock).catch(ignoreMissing))?.toString('utf8');
  if (tag === undefined || tag.startsWith(`${ownerTag()}.`)) return undefined;
  return (await isAbandoned(layout.gcLock, tag)) ? undefined : tag;
}

function busy(what: string, tag: string): AppError {
  return new AppError({
    kind: 'busy',
    code: 'store.busy',
    what,
    expected: 'no other process of Qubeforge at work',
    got: `process ${pidOf(tag)}`,
    next: `wait for it to end (ps -p ${pidOf(tag)}), then run the command again`,
  });
}

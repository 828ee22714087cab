import { AppError } from '../../../core/errors.ts';
import { openChannel } from './channel.ts';
import { updateRecord } from './records.ts';
import type { Context } from './context.ts';

/**
 * Milliseconds between the first two looks at whether a guest that is late still works; later ones come after a
 * quarter of the time so far, since on a slow machine a look takes from the guest what it waits for.
 */
const LOOK = 15_000;
/** A guest that has worked for this part of the time since the last look is on its way: the machine is slow, not the guest stuck. */
const BUSY = 0.1;
/** A busy guest has so many times the patience, and no more. */
const MOST = 10;

/**
 * Waits until a guest says that it can be used, then opens its channel. A guest that still works when
 * `patience` milliseconds are over is waited for longer, up to ten times as long.
 * @throws AppError `start.not-ready` or `start.vanished`.
 */
export async function waitUntilReady(
  context: Context,
  name: string,
  domid: number,
  patience: number,
): Promise<void> {
  const { machine, store } = context;
  const begin = machine.now();
  let wait = Math.max(0, patience - LOOK);
  let before: Worked | undefined;
  for (;;) {
    const said = await store.waitReady(domid, wait);
    if (said === 'ready') break;
    const now = said === 'gone' ? undefined : await look(context, domid);
    if (now === undefined) throw vanished(name);
    const waited = now.at - begin;
    const left = MOST * patience - waited;
    if (before !== undefined && (left <= 0 || !works(before, now))) throw notReady(name, waited);
    before = now;
    wait = Math.max(Math.min(LOOK, patience), Math.min(waited / 4, left));
  }
  await openChannel(context, name, domid);
  await updateRecord(machine, name, { ready: true });
}

/** How long a domain has worked at some moment; both in milliseconds. */
interface Worked {
  readonly at: number;
  readonly time: number;
}

async function look({ machine, xen }: Context, domid: number): Promise<Worked | undefined> {
  const domain = (await xen.list()).find(({ id }) => id === domid);
  return domain === undefined ? undefined : { at: machine.now(), time: domain.seconds * 1000 };
}

function works(before: Worked, now: Worked): boolean {
  return now.time - before.time >= BUSY * (now.at - before.at);
}

/** A domain that ended before it could be used. */
export function vanished(name: string): AppError {
  return new AppError({
    kind: 'tool',
    code: 'start.vanished',
    what: `${name} stopped before it could be used`,
    where: name,
    next: `read /var/log/xen/xl-${name}.log`,
  });
}

function notReady(name: string, waited: number): AppError {
  return new AppError({
    kind: 'tool',
    code: 'start.not-ready',
    what: `${name} runs but did not say within ${Math.round(waited / 1000)} s that it is ready`,
    where: name,
    next: `qube console ${name}`,
  });
}

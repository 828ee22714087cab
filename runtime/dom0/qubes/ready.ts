import { AppError } from '../../../core/errors.ts';
import { startChannel } from './channel.ts';
import { updateRecord } from './records.ts';
import type { Context } from './context.ts';
import type { Domain } from '../machine/xen.ts';

/** Milliseconds between two looks at whether the guest still lives. */
const LOOK = 15_000;
/** A guest that has worked for this part of the time since the last look is on its way: the machine is slow, not the guest stuck. */
const BUSY = 0.1;
/** A busy guest has so many times the patience, and no more. */
const MOST = 5;

/**
 * Waits until a guest says that it can be used, then opens its channel. A guest that still works when
 * `patience` milliseconds are over is waited for longer, up to five times as long.
 * @throws AppError `start.not-ready` or `start.vanished`.
 */
export async function waitUntilReady(
  context: Context,
  name: string,
  domid: number,
  patience: number,
): Promise<void> {
  const { machine, store, xen } = context;
  const begin = machine.now();
  let seen: { readonly at: number; readonly seconds: number } | undefined;
  while (!(await store.waitReady(domid, Math.min(LOOK, patience)))) {
    const domain = (await xen.list()).find(({ id }) => id === domid);
    if (domain === undefined) throw vanished(name);
    const now = machine.now();
    const works = seen !== undefined && worked(domain, seen) >= BUSY * (now - seen.at);
    if (now - begin >= (works ? MOST * patience : patience)) throw notReady(name, now - begin);
    seen = { at: now, seconds: domain.seconds };
  }
  await startChannel(context, name, domid);
  await updateRecord(machine, name, { ready: true });
}

/** Milliseconds of processor time. */
function worked(domain: Domain, seen: { readonly seconds: number }): number {
  return (domain.seconds - seen.seconds) * 1000;
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

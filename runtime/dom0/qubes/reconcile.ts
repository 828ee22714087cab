import { apply } from './apply.ts';
import { closeAbandoned } from './disposable.ts';
import { observe } from './observe.ts';
import { readRecords, updateRecord } from './records.ts';
import { start } from './start.ts';
import { cleanUp } from './stop.ts';
import type { Context } from './context.ts';

/** After so many deaths in a row a service qube stays down until somebody starts it. */
const MOST_REVIVALS = 5;

/**
 * Puts things right after a domain went away, whoever ended it: its volumes are committed or dropped,
 * interfaces that led to it are taken down, a service qube that nobody stopped is started again and
 * everything behind it is attached anew. A service qube whose start was given up or cut off, and which says
 * meanwhile that it is ready, is taken up. The caller holds the machine.
 */
export async function reconcile(context: Context, patience: number): Promise<void> {
  await closeAbandoned(context);
  const records = await readRecords(context.machine);
  const { running } = await observe(context);
  const gone = [...records].filter(([name, { domid }]) => domid !== 0 && !running.has(name));
  for (const [name] of gone) await cleanUp(context, name);
  await apply(context);
  for (const [name, { wanted, revivals = 0 }] of gone) {
    const qube = context.qubes.get(name);
    if (qube?.kind !== 'ServiceVM' || wanted !== true) continue;
    if (revivals >= MOST_REVIVALS) {
      const message = `${name} died ${revivals} times and stays down: qube start ${name}`;
      context.sink({ type: 'log', level: 'error', message });
      continue;
    }
    await updateRecord(context.machine, name, { revivals: revivals + 1 });
    await start(context, qube, { patience });
  }
  await takeUp(context, patience);
}

/** Nobody waits here: a guest that is stuck must not keep dom0 from cleaning up after others. */
async function takeUp(context: Context, patience: number): Promise<void> {
  const records = await readRecords(context.machine);
  const { running } = await observe(context);
  for (const [name, { domid, launched, ready }] of running) {
    const qube = context.qubes.get(name);
    const forgotten = qube?.kind === 'ServiceVM' && launched && !ready && records.get(name)?.wanted === true;
    if (!forgotten || (await context.store.waitReady(domid, 0)) !== 'ready') continue;
    await start(context, qube, { patience });
  }
}

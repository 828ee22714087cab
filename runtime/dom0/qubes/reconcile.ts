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
 * everything behind it is attached anew. The caller holds the machine.
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
}

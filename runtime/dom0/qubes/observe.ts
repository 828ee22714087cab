import { readNumbers, readRecords } from './records.ts';
import type { Context } from './context.ts';
import type { Observed, Running } from '../model/observed.ts';

/** The state of the machine, from Xen, from the pool and from what dom0 wrote down; never from a guest. */
export async function observe({ machine, storage, xen }: Context): Promise<Observed> {
  const [domains, records, numbers, { volumes, pool }] = await Promise.all([
    xen.list(),
    readRecords(machine),
    readNumbers(machine),
    storage.look(),
  ]);
  const running = domains.map(({ name, id, memory }): [string, Running] => {
    const record = records.get(name);
    const launched = record?.domid === id;
    const { network, firewall, parent, settings, ready = false } = launched ? record : {};
    return [name, { domid: id, memory, launched, ready, network, firewall, parent, settings }];
  });
  return {
    volumes,
    running: new Map(running),
    numbers,
    startedSinceBoot: new Set(records.keys()),
    pool,
  };
}

import { recoverSteps } from '../model/plan/recover.ts';
import { withDisposables } from '../model/plan/apply.ts';
import { VolumeSet } from '../model/volumes.ts';
import { execute } from './execute.ts';
import { observe } from './observe.ts';
import { closeRecord } from './records.ts';
import { stopChannel } from './channel.ts';
import type { Context } from './context.ts';

export interface StopOptions {
  /** Milliseconds that the guest has for its own shutdown before it is destroyed. */
  readonly patience: number;
  readonly kill: boolean;
}

const POLL = 500;

/** Stops a qube and commits or drops what belonged to its start. The caller holds the machine. */
export async function stop(context: Context, name: string, { patience, kill }: StopOptions): Promise<void> {
  const { xen, store, machine } = context;
  const domid = await xen.idOf(name);
  const runs = async (): Promise<boolean> => (await xen.list()).some((domain) => domain.name === name);
  if (await runs()) {
    const end = machine.now() + (kill ? 0 : patience);
    if (!kill) await xen.shutdown(name);
    if (!kill && domid !== undefined) await store.waitGone(domid, patience);
    // The store forgets a domain a little before Xen does.
    let still = await runs();
    while (still && machine.now() < end) {
      await machine.sleep(POLL);
      still = await runs();
    }
    if (still) await xen.destroy(name);
  }
  await cleanUp(context, name);
}

/** What is left of a qube that no longer runs: commits or drops its volumes. */
export async function cleanUp(context: Context, name: string): Promise<void> {
  const observed = await observe(context);
  if (observed.running.has(name)) return;
  await stopChannel(context, name);
  await context.crypt.close(name);
  const qube = withDisposables(context.qubes, observed).get(name);
  const powerCut = !observed.startedSinceBoot.has(name);
  await execute(context, recoverSteps(name, qube, new VolumeSet(observed.volumes), powerCut));
  await closeRecord(context.machine, name, qube !== undefined);
}

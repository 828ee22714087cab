import { addressFor } from '../model/addresses.ts';
import { firewallFacts, networkFacts } from '../model/facts.ts';
import { describeStep, subjectOf } from '../model/steps.ts';
import { withDisposables } from '../model/plan/apply.ts';
import { tracked } from '../../../core/events.ts';
import { xlInterface } from '../model/xl-config.ts';
import { observe } from './observe.ts';
import { readNumbers, updateRecord, writeNumbers } from './records.ts';
import type { Context } from './context.ts';
import type { Step } from '../model/steps.ts';
import type { VolumeId } from '../model/volumes.ts';

/** Does steps in their order; stops at the first that fails, which is safe: the next plan begins there. */
export async function execute(context: Context, steps: readonly Step[]): Promise<void> {
  for (const [index, step] of steps.entries()) {
    const id = `${subjectOf(step)}/${index}`;
    await tracked(context.sink, { id, title: describeStep(step) }, () => perform(context, step));
  }
}

async function perform(context: Context, step: Step): Promise<void> {
  const { storage, crypt, machine } = context;
  switch (step.do) {
    case 'number':
      return writeNumbers(machine, { ...(await readNumbers(machine)), [step.qube]: step.number });
    case 'forget':
      return forget(context, step.qube);
    case 'create':
      return storage.create(step.volume, step.bytes);
    case 'clone':
      return storage.clone(step.from, step.volume);
    case 'grow':
      return storage.grow(step.volume, step.bytes);
    case 'encrypt':
      await crypt.format(step.volume.qube, (await storage.open([step.volume]))[0]);
      return storage.close(step.volume);
    case 'rename':
      return storage.rename(step.volume, step.to);
    case 'remove':
      return removeVolume(context, step.volume);
    case 'network':
      return setNetwork(context, step.qube, step.netvm);
    case 'firewall':
      return loadFirewall(context, step.netvm, step.ruleset);
  }
}

async function removeVolume({ crypt, storage }: Context, volume: VolumeId): Promise<void> {
  if (volume.role !== 'root') await crypt.close(volume.qube);
  await storage.remove(volume);
}

async function forget({ machine, crypt }: Context, name: string): Promise<void> {
  await crypt.destroyKey(name);
  const numbers = await readNumbers(machine);
  await writeNumbers(
    machine,
    Object.fromEntries(Object.entries(numbers).filter(([other]) => other !== name)),
  );
}

/** Moves a running qube to another netvm, or off the network. It is told its addresses before the interface comes. */
async function setNetwork(context: Context, name: string, netvm: string | undefined): Promise<void> {
  const { xen, store, machine } = context;
  const observed = await observe(context);
  const qube = withDisposables(context.qubes, observed).get(name);
  const running = observed.running.get(name);
  if (qube === undefined || running === undefined) return;
  await updateRecord(machine, name, { domid: running.domid, network: undefined });
  await xen.detachInterfaces(running.domid);
  await store.tell(running.domid, networkFacts(qube, netvm, observed.numbers));
  const backend = netvm === undefined ? undefined : observed.running.get(netvm);
  const number = observed.numbers[name];
  if (netvm === undefined || backend === undefined || number === undefined) return;
  await xen.attachInterface(running.domid, xlInterface(addressFor(name, number), netvm));
  await updateRecord(machine, name, {
    domid: running.domid,
    network: { netvm, domid: backend.domid },
  });
}

async function loadFirewall(context: Context, netvm: string, ruleset: string): Promise<void> {
  const { xen, store, machine } = context;
  const domid = await xen.idOf(netvm);
  if (domid === undefined) return;
  const facts = firewallFacts(ruleset);
  await store.tell(domid, facts);
  await updateRecord(machine, netvm, { domid, firewall: facts['firewall/digest'] });
}

import { addressFor, freeNumber } from '../model/addresses.ts';
import { guestFacts, networkFacts } from '../model/facts.ts';
import { matchingDevices } from '../model/devices.ts';
import { poolAlarms } from '../model/pool.ts';
import { advance, launched } from '../model/plan/advance.ts';
import { planApply } from '../model/plan/apply.ts';
import { startSteps } from '../model/plan/start.ts';
import { rootTemplate } from '../model/resolve.ts';
import { settingsDigest } from '../model/settings.ts';
import { keepsPrivate, VolumeSet } from '../model/volumes.ts';
import { xlConfig, xlInterface } from '../model/xl-config.ts';
import { listPci } from '../machine/pci.ts';
import { PATHS } from '../machine/paths.ts';
import { prepareChannel } from './channel.ts';
import { execute } from './execute.ts';
import { observe } from './observe.ts';
import { vanished, waitUntilReady } from './ready.ts';
import { updateRecord } from './records.ts';
import { cleanUp } from './stop.ts';
import type { Boot } from '../model/xl-config.ts';
import type { Context } from './context.ts';
import type { Observed, Running } from '../model/observed.ts';
import type { Qube } from '../model/resolve.ts';
import type { Step } from '../model/steps.ts';

export interface StartOptions {
  /** Milliseconds that a guest has until it must say that it is ready. */
  readonly patience: number;
}

/**
 * Starts a qube and, before it, the netvms that it needs. Nothing happens to one that is up; one whose start
 * was cut off is waited for or made again. The caller holds the machine.
 * @throws AppError `start.not-ready` when the guest does not come up; it is left running for `qube console`.
 */
export async function start(context: Context, qube: Qube, options: StartOptions): Promise<void> {
  let observed = await observe(context);
  for (const message of poolAlarms(observed.pool)) context.sink({ type: 'log', level: 'warning', message });
  for (const one of chainOf(qube, context.qubes)) {
    if (observed.running.get(one.name)?.ready !== true) {
      observed = await startOne(context, one, observed, options);
    }
  }
}

/** The netvms of a qube, the farthest first, and the qube. */
function chainOf(qube: Qube, qubes: ReadonlyMap<string, Qube>): readonly Qube[] {
  const netvm = qube.netvm === undefined ? undefined : qubes.get(qube.netvm);
  return netvm === undefined ? [qube] : [...chainOf(netvm, qubes), qube];
}

async function startOne(
  context: Context,
  qube: Qube,
  observed: Observed,
  { patience }: StartOptions,
): Promise<Observed> {
  const { name } = qube;
  const is = observed.running.get(name);
  if (is?.launched === true) {
    await waitUntilReady(context, name, is.domid, patience);
    const now = await observe(context);
    return qube.providesNetwork ? settled(context, now) : now;
  }
  if (is !== undefined) await context.xen.destroy(name);
  const before = await settled(context, is === undefined ? observed : await observe(context));
  const steps = [
    ...numberSteps(name, before),
    ...startSteps(qube, context.qubes, new VolumeSet(before.volumes)),
  ];
  await execute(context, steps);
  const prepared = advance(before, steps);
  const running = await launch(context, qube, prepared);
  await prepareChannel(context, name, running.domid);
  // The rules for this qube, and its own if it is a netvm. What changed is known: the guest needs the processor.
  const after = await settled(context, launched(prepared, name, running));
  await waitUntilReady(context, name, running.domid, patience);
  // The interfaces of those behind it.
  return qube.providesNetwork ? settled(context, await observe(context)) : after;
}

function numberSteps(name: string, { numbers }: Observed): readonly Step[] {
  return numbers[name] === undefined ? [{ do: 'number', qube: name, number: freeNumber(name, numbers) }] : [];
}

/** The machine as the file says; nothing is asked again when it was so already. */
async function settled(context: Context, observed: Observed): Promise<Observed> {
  const { steps } = planApply(context.qubes, observed);
  if (steps.length === 0) return observed;
  await execute(context, steps);
  return observe(context);
}

/** Makes the domain, tells it what it has to know before it runs, and lets it run. */
async function launch(context: Context, qube: Qube, observed: Observed): Promise<Running> {
  const { machine, xen, store } = context;
  const { name } = qube;
  const config = `${PATHS.configs}/${name}.xl`;
  const parent = context.qubes.has(name) ? {} : { parent: qube.template };
  await updateRecord(machine, name, {
    domid: 0,
    network: undefined,
    firewall: undefined,
    ready: undefined,
    ...parent,
  });
  try {
    await machine.files.write(config, xlConfig(qube, await bootOf(context, qube, observed)));
    await xen.createPaused(config);
    const domid = await xen.idOf(name);
    if (domid === undefined) throw vanished(name);
    const { numbers } = observed;
    const network = networkOf(qube, observed);
    const settings = settingsDigest(qube);
    await store.tell(domid, {
      ...guestFacts(qube, context.source.file.timezone, numbers),
      ...networkFacts(qube, network?.netvm, numbers),
    });
    await xen.unpause(name);
    const record = { domid, network, settings, ...parent };
    await updateRecord(machine, name, { ...record, wanted: true });
    return {
      ...{ memory: qube.memory, launched: true, ready: false, firewall: undefined, parent: undefined },
      ...record,
    };
  } catch (error) {
    if ((await xen.list()).some((one) => one.name === name)) await xen.destroy(name);
    await cleanUp(context, name);
    throw error;
  }
}

function networkOf(
  qube: Qube,
  observed: Observed,
): { readonly netvm: string; readonly domid: number } | undefined {
  const backend = qube.netvm === undefined ? undefined : observed.running.get(qube.netvm);
  if (qube.netvm === undefined || backend === undefined) return undefined;
  return { netvm: qube.netvm, domid: backend.domid };
}

async function bootOf(context: Context, qube: Qube, observed: Observed): Promise<Boot> {
  const { storage, crypt, qubes, xen } = context;
  const { name } = qube;
  const template = qube.kind === 'TemplateVM' ? qube : rootTemplate(qube, qubes);
  const kernels = `${PATHS.kernels}/${template?.name ?? name}`;
  const number = observed.numbers[name];
  const network = networkOf(qube, observed);
  const [root, data, volatile] = await storage.open([
    { qube: name, role: 'root', form: 'run' },
    { qube: name, role: 'private', form: keepsPrivate(qube) ? 'base' : 'run' },
    { qube: name, role: 'volatile', form: 'run' },
  ]);
  return {
    kernel: `${kernels}/vmlinuz`,
    initrd: `${kernels}/initrd.img`,
    root,
    private: qube.encryptPrivate ? await crypt.openPrivate(name, data) : data,
    volatile: await crypt.openEphemeral(name, volatile),
    devices: await takeDevices(context, qube),
    processors: await xen.processors(),
    interface:
      network === undefined || number === undefined
        ? undefined
        : xlInterface(addressFor(name, number), network.netvm),
  };
}

/** Takes the devices of a qube from the drivers of dom0. */
async function takeDevices({ machine, xen }: Context, qube: Qube): Promise<readonly string[]> {
  if (qube.devices.length === 0) return [];
  const pci = await listPci(machine);
  const addresses = qube.devices
    .flatMap((request) => matchingDevices(request, pci))
    .map((one) => one.address);
  for (const address of addresses) await xen.makeAssignable(address);
  return addresses;
}

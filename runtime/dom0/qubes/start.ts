import { AppError } from '../../../core/errors.ts';
import { addressFor, freeNumber } from '../model/addresses.ts';
import { guestFacts, networkFacts } from '../model/facts.ts';
import { matchingDevices } from '../model/devices.ts';
import { startSteps } from '../model/plan/start.ts';
import { rootTemplate } from '../model/resolve.ts';
import { settingsDigest } from '../model/settings.ts';
import { keepsPrivate, VolumeSet } from '../model/volumes.ts';
import { xlConfig, xlInterface } from '../model/xl-config.ts';
import { listPci } from '../machine/pci.ts';
import { PATHS } from '../machine/paths.ts';
import { apply } from './apply.ts';
import { execute } from './execute.ts';
import { observe } from './observe.ts';
import { updateRecord } from './records.ts';
import { startChannel } from './channel.ts';
import { cleanUp } from './stop.ts';
import type { Boot } from '../model/xl-config.ts';
import type { Context } from './context.ts';
import type { Observed } from '../model/observed.ts';
import type { Qube } from '../model/resolve.ts';

export interface StartOptions {
  /** Milliseconds that a guest has until it must say that it is ready. */
  readonly patience: number;
}

/**
 * Starts a qube and, before it, the netvms that it needs. Nothing happens to one that runs. The
 * caller holds the machine.
 * @throws AppError `start.not-ready` when the guest does not come up; it is left running for `qube console`.
 */
export async function start(context: Context, qube: Qube, options: StartOptions): Promise<void> {
  const before = await observe(context);
  if (before.running.has(qube.name)) return;
  const netvm = qube.netvm === undefined ? undefined : context.qubes.get(qube.netvm);
  if (netvm !== undefined) await start(context, netvm, options);
  await apply(context);
  const ready = await observe(context);
  if (ready.numbers[qube.name] === undefined) {
    const number = freeNumber(qube.name, ready.numbers);
    await execute(context, [{ do: 'number', qube: qube.name, number }]);
  }
  await execute(context, startSteps(qube, context.qubes, new VolumeSet(ready.volumes)));
  await launch(context, qube, await observe(context));
  // The rules for this qube, and for a netvm the interfaces of those behind it.
  await apply(context);
  await waitUntilReady(context, qube, options);
}

async function launch(context: Context, qube: Qube, observed: Observed): Promise<void> {
  const { machine, xen, store } = context;
  const { name } = qube;
  const config = `${PATHS.configs}/${name}.xl`;
  await machine.files.write(config, xlConfig(qube, await bootOf(context, qube, observed)));
  const parent = context.qubes.has(name) ? {} : { parent: qube.template };
  await updateRecord(machine, name, { domid: 0, network: undefined, firewall: undefined, ...parent });
  try {
    await xen.createPaused(config);
    const domain = (await xen.list()).find((one) => one.name === name);
    if (domain === undefined) throw vanished(name);
    const { numbers } = observed;
    await store.tell(domain.id, {
      ...guestFacts(qube, context.source.file.timezone, numbers),
      ...networkFacts(qube, networkOf(qube, observed)?.netvm, numbers),
    });
    await updateRecord(machine, name, {
      domid: domain.id,
      network: networkOf(qube, observed),
      settings: settingsDigest(qube),
      ...parent,
    });
    await xen.unpause(name);
  } catch (error) {
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
  const { storage, crypt, qubes } = context;
  const { name } = qube;
  const template = qube.kind === 'TemplateVM' ? qube : rootTemplate(qube, qubes);
  const kernels = `${PATHS.kernels}/${template?.name ?? name}`;
  const number = observed.numbers[name];
  const network = networkOf(qube, observed);
  const form = keepsPrivate(qube) ? 'base' : 'run';
  const data = await storage.open({ qube: name, role: 'private', form });
  return {
    kernel: `${kernels}/vmlinuz`,
    initrd: `${kernels}/initrd.img`,
    root: await storage.open({ qube: name, role: 'root', form: 'run' }),
    private: qube.encryptPrivate ? await crypt.openPrivate(name, data) : data,
    volatile: await crypt.openEphemeral(
      name,
      await storage.open({ qube: name, role: 'volatile', form: 'run' }),
    ),
    devices: await takeDevices(context, qube),
    interface:
      network === undefined || number === undefined
        ? undefined
        : xlInterface(addressFor(name, number), network.netvm),
  };
}

/** Takes the devices of a qube from the drivers of dom0. */
async function takeDevices({ machine, xen }: Context, qube: Qube): Promise<readonly string[]> {
  const pci = await listPci(machine);
  const addresses = qube.devices
    .flatMap((request) => matchingDevices(request, pci))
    .map((one) => one.address);
  for (const address of addresses) await xen.makeAssignable(address);
  return addresses;
}

async function waitUntilReady(context: Context, { name }: Qube, { patience }: StartOptions): Promise<void> {
  const domain = (await context.xen.list()).find((one) => one.name === name);
  if (domain === undefined) throw vanished(name);
  if (!(await context.store.waitReady(domain.id, patience))) throw notReady(name, patience);
  await startChannel(context, name, domain.id);
}

function vanished(name: string): AppError {
  return new AppError({
    kind: 'tool',
    code: 'start.vanished',
    what: `${name} stopped as soon as it had started`,
    where: name,
    next: `read /var/log/xen/xl-${name}.log`,
  });
}

function notReady(name: string, patience: number): AppError {
  return new AppError({
    kind: 'tool',
    code: 'start.not-ready',
    what: `${name} runs but did not say within ${patience / 1000} s that it is ready`,
    where: name,
    next: `qube console ${name}`,
  });
}

import { basename } from 'node:path';
import { PATHS } from '../machine/paths.ts';
import type { Context } from './context.ts';

/** Where programs of dom0 reach the services of a qube. */
export function channelSocket(name: string): string {
  return `${PATHS.vchan}/${name}.sock`;
}

/** How often a channel may fail to open before its qube counts as failed: a slow machine misses the service's own limit. */
const TRIES = 5;

/** Nobody is asked for a passphrase here; systemctl would start a program for that each time. */
const SYSTEMCTL = ['systemctl', '--no-ask-password'] as const;

/**
 * Starts dom0's end of the channel to a qube, a sandboxed service of its own for each, and does not wait for it:
 * while the guest boots, the service gets ready and looks out for the guest's offer. Nothing happens when it was
 * started for this domain already.
 */
export async function prepareChannel({ machine }: Context, name: string, domid: number): Promise<void> {
  const wanted = `DOMID=${domid}\n`;
  if ((await machine.files.read(settings(name))) === wanted) return;
  await machine.files.remove(channelSocket(name));
  await machine.files.write(settings(name), wanted);
  await machine.run({ argv: [...SYSTEMCTL, 'restart', '--no-block', service(name)] });
}

/**
 * Waits until the channel to a qube is open.
 * @throws AppError `tool.failed` when it does not open, however often it is tried.
 */
export async function openChannel(context: Context, name: string, domid: number): Promise<void> {
  await prepareChannel(context, name, domid);
  // The service makes its socket last, and that of an earlier domain is gone: nobody has to be asked.
  const sockets = await context.machine.files.list(PATHS.vchan);
  if (sockets.includes(basename(channelSocket(name)))) return;
  for (let tries = 1; ; tries += 1) {
    // The service tries again by itself; `start` waits for that instead of cutting it off.
    const accept = tries < TRIES ? [0, 1] : [0];
    const { exitCode } = await context.machine.run({ argv: [...SYSTEMCTL, 'start', service(name)], accept });
    if (exitCode === 0) return;
  }
}

/** Ends dom0's end of the channel to a qube, if it was started. */
export async function stopChannel({ machine }: Context, name: string): Promise<void> {
  if ((await machine.files.read(settings(name))) === undefined) return;
  await machine.run({ argv: [...SYSTEMCTL, 'stop', service(name)] });
  await machine.files.remove(settings(name));
}

function service(name: string): string {
  return `qubeforge-vchan@${name}.service`;
}

function settings(name: string): string {
  return `${PATHS.vchan}/${name}.env`;
}

import { PATHS } from '../machine/paths.ts';
import type { Context } from './context.ts';

/** Where programs of dom0 reach the services of a qube. */
export function channelSocket(name: string): string {
  return `${PATHS.vchan}/${name}.sock`;
}

/** How often a channel may fail to open before its qube counts as failed: a slow machine misses the service's own limit. */
const TRIES = 5;

/**
 * Starts dom0's end of the channel to a qube: a sandboxed service of its own for each.
 * @throws AppError `tool.failed` when it does not open, however often it is tried.
 */
export async function startChannel({ machine }: Context, name: string, domid: number): Promise<void> {
  await machine.files.write(`${PATHS.vchan}/${name}.env`, `DOMID=${domid}\n`);
  for (let tries = 1; ; tries += 1) {
    // The service tries again by itself; `start` waits for that instead of cutting it off.
    const argv = ['systemctl', tries === 1 ? 'restart' : 'start', `qubeforge-vchan@${name}.service`] as const;
    const opened = await machine.run({ argv, accept: tries < TRIES ? [0, 1] : [0] });
    if (opened.exitCode === 0) return;
  }
}

export async function stopChannel({ machine }: Context, name: string): Promise<void> {
  if ((await machine.files.read(`${PATHS.vchan}/${name}.env`)) === undefined) return;
  await machine.run({ argv: ['systemctl', 'stop', `qubeforge-vchan@${name}.service`] });
  await machine.files.remove(`${PATHS.vchan}/${name}.env`);
}

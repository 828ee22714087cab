import { PATHS } from '../machine/paths.ts';
import type { Context } from './context.ts';

/** Where programs of dom0 reach the services of a qube. */
export function channelSocket(name: string): string {
  return `${PATHS.vchan}/${name}.sock`;
}

/** Starts dom0's end of the channel to a qube: a sandboxed service of its own for each. */
export async function startChannel({ machine }: Context, name: string, domid: number): Promise<void> {
  await machine.files.write(`${PATHS.vchan}/${name}.env`, `DOMID=${domid}\n`);
  await machine.run({ argv: ['systemctl', 'restart', `qubeforge-vchan@${name}.service`] });
}

export async function stopChannel({ machine }: Context, name: string): Promise<void> {
  if ((await machine.files.read(`${PATHS.vchan}/${name}.env`)) === undefined) return;
  await machine.run({ argv: ['systemctl', 'stop', `qubeforge-vchan@${name}.service`] });
  await machine.files.remove(`${PATHS.vchan}/${name}.env`);
}

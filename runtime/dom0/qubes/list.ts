import { addressFor } from '../model/addresses.ts';
import { withDisposables } from '../model/plan/apply.ts';
import { VolumeSet } from '../model/volumes.ts';
import { qubeNamed } from './context.ts';
import { observe } from './observe.ts';
import type { Context } from './context.ts';

/** A line of `qube list`. */
export interface Listed {
  readonly name: string;
  readonly kind: string;
  readonly label: string;
  readonly state: 'running' | 'starting' | 'stopped';
  /** Bytes, while it runs. */
  readonly memory: number | undefined;
  readonly netvm: string | undefined;
  readonly address: string | undefined;
}

/** Every qube of the file, and the disposables that run. */
export async function listQubes(context: Context): Promise<readonly Listed[]> {
  const observed = await observe(context);
  return [...withDisposables(context.qubes, observed).values()].map((qube) => {
    const running = observed.running.get(qube.name);
    const number = observed.numbers[qube.name];
    const networked = qube.netvm !== undefined || qube.providesNetwork;
    return {
      name: qube.name,
      kind: qube.kind,
      label: qube.label,
      state: running === undefined ? 'stopped' : running.ready ? 'running' : 'starting',
      memory: running?.memory,
      netvm: qube.netvm,
      address: number === undefined || !networked ? undefined : addressFor(qube.name, number).ip,
    };
  });
}

/** The older roots of a qube, the oldest first. */
export async function listRevisions(context: Context, name: string): Promise<readonly number[]> {
  const { volumes } = await observe(context);
  return new VolumeSet(volumes).revisions(qubeNamed(context, name).name).map(({ form }) => form);
}

import { DISPOSABLE_NAME } from '../schema.ts';
import { commitSteps, surplusSteps } from './commit.ts';
import type { Qube } from '../resolve.ts';
import type { Step } from '../steps.ts';
import type { Volume, VolumeSet } from '../volumes.ts';

/**
 * What is left to do for a qube that does not run, whether it stopped cleanly, crashed or lost its power:
 * roots of its own are committed, everything that belonged to the last start goes. `powerCut` says
 * that the start was before dom0's last boot: then a template keeps its last committed root, because
 * a half-done upgrade would reach every qube made from it. A standalone qube never loses what it wrote.
 */
export function recoverSteps(
  name: string,
  qube: Qube | undefined,
  volumes: VolumeSet,
  powerCut: boolean,
): readonly Step[] {
  if (qube === undefined && DISPOSABLE_NAME.test(name)) {
    return volumes.of(name).map((volume) => remove(volume, 'its disposable is gone'));
  }
  const leftovers = volumes
    .of(name)
    .filter(({ role, form }) => form === 'new' || (form === 'run' && role !== 'root'))
    .map((volume) => remove(volume, volume.form === 'new' ? 'it was never finished' : 'its qube stopped'));
  return [...leftovers, ...rootSteps(name, qube, volumes, powerCut)];
}

function rootSteps(
  name: string,
  qube: Qube | undefined,
  volumes: VolumeSet,
  powerCut: boolean,
): readonly Step[] {
  const revisions = volumes.revisions(name).map(({ form }) => form);
  const run = volumes.get(name, 'root', 'run');
  if (run === undefined) return surplusSteps(name, revisions);
  const base = volumes.get(name, 'root', 'base');
  if (base === undefined) {
    if (revisions.length === 0) return [remove(run, 'its qube stopped')];
    const finish: Step = { do: 'rename', volume: run, to: { qube: name, role: 'root', form: 'base' } };
    return [finish, ...surplusSteps(name, revisions)];
  }
  if (qube?.kind === 'TemplateVM' && powerCut) {
    return [remove(run, 'the power was cut while the template ran'), ...surplusSteps(name, revisions)];
  }
  return commitSteps(name, volumes);
}

function remove({ qube, role, form }: Volume, why: string): Step {
  return { do: 'remove', volume: { qube, role, form }, why };
}

import { AppError } from '../../../../core/errors.ts';
import { commitSteps } from './commit.ts';
import type { Step } from '../steps.ts';
import type { VolumeSet } from '../volumes.ts';

/**
 * Makes a copy of an older root the committed one; the root of today becomes a revision itself, so a revert
 * can be reverted. Without `revision` it is the youngest. The qube must not run.
 * @throws AppError `revert.revision` when there is no such revision.
 */
export function revertSteps(qube: string, volumes: VolumeSet, revision?: number): readonly Step[] {
  const kept = volumes.revisions(qube).map(({ form }) => form);
  const form = revision ?? kept.at(-1);
  if (form === undefined || !kept.includes(form)) {
    throw new AppError({
      kind: 'usage',
      code: 'revert.revision',
      what: `${qube} has no such older root`,
      expected: kept.length === 0 ? 'a qube that keeps older roots' : `one of ${kept.join(', ')}`,
      ...(revision === undefined ? {} : { got: String(revision) }),
      next: `qube list --revisions ${qube}`,
    });
  }
  const run = { qube, role: 'root', form: 'run' } as const;
  return [{ do: 'clone', from: { ...run, form }, volume: run }, ...commitSteps(qube, volumes)];
}

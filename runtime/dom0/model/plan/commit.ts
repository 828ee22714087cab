import { KEPT_REVISIONS } from '../volumes.ts';
import type { Step } from '../steps.ts';
import type { VolumeSet } from '../volumes.ts';

/**
 * Makes the root of the last start the committed one, the former one a revision. Between the two
 * renames no base exists: that, and nothing else, tells a later run to finish the commit.
 */
export function commitSteps(qube: string, volumes: VolumeSet): readonly Step[] {
  const newest = volumes.revisions(qube).at(-1)?.form ?? 0;
  const base = { qube, role: 'root', form: 'base' } as const;
  return [
    { do: 'rename', volume: base, to: { ...base, form: newest + 1 } },
    { do: 'rename', volume: { ...base, form: 'run' }, to: base },
    ...surplusSteps(qube, [...volumes.revisions(qube).map(({ form }) => form), newest + 1]),
  ];
}

/** Removes the revisions beyond those that are kept, the oldest first. */
export function surplusSteps(qube: string, revisions: readonly number[]): readonly Step[] {
  const surplus = revisions.slice(0, Math.max(0, revisions.length - KEPT_REVISIONS));
  return surplus.map((form) => ({
    do: 'remove',
    volume: { qube, role: 'root', form },
    why: 'an old revision',
  }));
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advance } from '../../../runtime/dom0/model/plan/advance.ts';
import { planApply } from '../../../runtime/dom0/model/plan/apply.ts';
import { VolumeSet } from '../../../runtime/dom0/model/volumes.ts';
import { observed, qubes } from './arbitrary.ts';
import type { Observed } from '../../../runtime/dom0/model/observed.ts';
import type { Volume } from '../../../runtime/dom0/model/volumes.ts';

/** A state without the order that volumes happen to be listed in. */
function settled(state: Observed): unknown {
  const volumes = [...state.volumes].map((volume) => JSON.stringify(volume)).sort();
  return { ...state, volumes, running: [...state.running] };
}

function isData({ form, role }: Volume): boolean {
  return form === 'base' && role !== 'volatile';
}

describe('planning what makes the machine match the file', () => {
  it('has nothing left to do after every step was done', () => {
    fc.assert(
      fc.property(qubes, observed, (file, state) => {
        const { steps } = planApply(file, state);
        expect(planApply(file, advance(state, steps)).steps).toEqual([]);
      }),
    );
  });

  it('ends in the same state when it is cut off after any step and run again', () => {
    fc.assert(
      fc.property(qubes, observed, fc.nat(), (file, state, cut) => {
        const { steps } = planApply(file, state);
        const interrupted = advance(state, steps.slice(0, cut % (steps.length + 1)));
        const resumed = advance(interrupted, planApply(file, interrupted).steps);
        expect(settled(resumed)).toEqual(settled(advance(state, steps)));
      }),
      { numRuns: 500 },
    );
  });

  it('never removes what a person keeps, unless its qube is named to be pruned', () => {
    fc.assert(
      fc.property(qubes, observed, (file, state) => {
        const after = advance(state, planApply(file, state).steps);
        const kept = new VolumeSet(after.volumes);
        const lost = state.volumes.filter(
          ({ qube, role, form }) =>
            isData({ qube, role, form, bytes: 0 }) &&
            !qube.startsWith('disp-') &&
            kept.get(qube, role, form) === undefined,
        );
        expect(lost).toEqual([]);
      }),
    );
  });

  it('prunes the named qube only, and never one of the file or one that runs', () => {
    fc.assert(
      fc.property(qubes, observed, fc.constantFrom('stray', 'app', 'tpl'), (file, state, name) => {
        const after = advance(state, planApply(file, state, { prune: [name] }).steps);
        const plain = advance(state, planApply(file, state).steps);
        const others = ({ volumes }: Observed): readonly Volume[] =>
          volumes.filter(({ qube }) => qube !== name);
        expect(others(after)).toEqual(others(plain));
        const spared = file.has(name) || state.running.has(name);
        expect(after.volumes.some(({ qube }) => qube === name)).toBe(
          spared && plain.volumes.some(({ qube }) => qube === name),
        );
      }),
    );
  });

  it('touches no volume of a qube that runs', () => {
    fc.assert(
      fc.property(qubes, observed, (file, state) => {
        const touched = planApply(file, state).steps.flatMap((step) =>
          'volume' in step ? [step.volume.qube] : [],
        );
        expect(touched.filter((name) => state.running.has(name))).toEqual([]);
      }),
    );
  });

  it('leaves nothing of a disposable that does not run', () => {
    fc.assert(
      fc.property(qubes, observed, (file, state) => {
        const after = advance(state, planApply(file, state).steps);
        const left = after.volumes.filter(({ qube }) => qube.startsWith('disp-') && !state.running.has(qube));
        expect(left).toEqual([]);
      }),
    );
  });
});

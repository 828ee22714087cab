import { describe, expect, it } from 'vitest';
import { GIB } from '../../../core/bytes.ts';
import { AppError } from '../../../core/errors.ts';
import { recoverSteps } from '../../../runtime/dom0/model/plan/recover.ts';
import { revertSteps } from '../../../runtime/dom0/model/plan/revert.ts';
import { startSteps } from '../../../runtime/dom0/model/plan/start.ts';
import { disposableOf, resolveQubes } from '../../../runtime/dom0/model/resolve.ts';
import { parseQubes } from '../../../runtime/dom0/model/source.ts';
import { describeStep } from '../../../runtime/dom0/model/steps.ts';
import { parseVolumeName, VolumeSet } from '../../../runtime/dom0/model/volumes.ts';
import type { Qube } from '../../../runtime/dom0/model/resolve.ts';

const QUBES = resolveQubes(
  parseQubes(
    `version: 1
storage: { driver: lvm-thin, group: vg, pool: pool }
defaults: { template: tpl }
qubes:
  tpl: { kind: TemplateVM, label: black }
  app: { kind: AppVM, label: red }
  dvm: { kind: AppVM, label: red, disposable-template: true }
  fw: { kind: ServiceVM, label: green, disposable: true }
  alone: { kind: StandaloneVM, label: blue }
`,
    'q',
  ).file,
);

function volumes(...names: string[]): VolumeSet {
  return new VolumeSet(
    names.map((name) => {
      const id = parseVolumeName(name);
      if (id === undefined) throw new Error(name);
      return { ...id, bytes: GIB };
    }),
  );
}

function named(name: string): Qube {
  return QUBES.get(name)!;
}

function starting(qube: Qube, set: VolumeSet): readonly string[] {
  return startSteps(qube, QUBES, set).map(describeStep);
}

describe('the volumes of a start', () => {
  const all = volumes('tpl.root', 'tpl.private', 'app.private', 'dvm.private', 'alone.root', 'alone.private');

  it('takes the root of an AppVM from its template and keeps its private volume', () => {
    expect(starting(named('app'), all)).toEqual([
      'snapshot tpl.root as app.root.run',
      'create the volume app.volatile.run of 2.0 GiB',
    ]);
  });

  it.each(['tpl', 'alone'])('takes the root of %s, which owns one, from itself', (name) => {
    expect(starting(named(name), all)[0]).toBe(`snapshot ${name}.root as ${name}.root.run`);
  });

  it('begins a disposable with what its parent keeps', () => {
    expect(starting(disposableOf(named('dvm'), 'disp-4'), all)).toEqual([
      'snapshot tpl.root as disp-4.root.run',
      'snapshot dvm.private as disp-4.private.run',
      'create the volume disp-4.volatile.run of 2.0 GiB',
    ]);
  });

  it('begins a disposable service qube empty', () => {
    expect(starting(named('fw'), all)[1]).toBe('create the volume fw.private.run of 8.0 GiB');
  });

  it('says what to do when the template was never brought in', () => {
    expect(() => starting(named('app'), volumes())).toThrow(AppError);
  });
});

describe('what a stop leaves to do', () => {
  const recover = (name: string, set: VolumeSet, powerCut = false): readonly string[] =>
    recoverSteps(name, QUBES.get(name), set, powerCut).map(describeStep);

  it('drops the root of an AppVM and keeps its private volume', () => {
    expect(recover('app', volumes('app.private', 'app.root.run', 'app.volatile.run'))).toEqual([
      'remove the volume app.volatile.run (its qube stopped)',
      'remove the volume app.root.run (its qube stopped)',
    ]);
  });

  it('commits the root of a template and keeps two older ones', () => {
    const set = volumes('tpl.root', 'tpl.root.run', 'tpl.root.rev4', 'tpl.root.rev5');
    expect(recover('tpl', set)).toEqual([
      'rename the volume tpl.root to tpl.root.rev6',
      'rename the volume tpl.root.run to tpl.root',
      'remove the volume tpl.root.rev4 (an old revision)',
    ]);
  });

  it('finishes a commit that was cut off between its renames', () => {
    expect(recover('tpl', volumes('tpl.root.run', 'tpl.root.rev6'), true)).toEqual([
      'rename the volume tpl.root.run to tpl.root',
    ]);
  });

  it('drops what a template wrote before a loss of power, but not what a standalone qube wrote', () => {
    expect(recover('tpl', volumes('tpl.root', 'tpl.root.run'), true)).toEqual([
      'remove the volume tpl.root.run (the power was cut while the template ran)',
    ]);
    expect(recover('alone', volumes('alone.root', 'alone.root.run'), true)).toEqual([
      'rename the volume alone.root to alone.root.rev1',
      'rename the volume alone.root.run to alone.root',
    ]);
  });

  it('leaves nothing of a disposable made on the spot', () => {
    const set = volumes('disp-3.root.run', 'disp-3.private.run', 'disp-3.volatile.run');
    expect(recoverSteps('disp-3', undefined, set, true)).toHaveLength(3);
  });
});

describe('going back to an older root', () => {
  it('takes the youngest unless one is named, and makes a revision of today', () => {
    const set = volumes('tpl.root', 'tpl.root.rev1', 'tpl.root.rev2');
    expect(revertSteps('tpl', set).map(describeStep)).toEqual([
      'snapshot tpl.root.rev2 as tpl.root.run',
      'rename the volume tpl.root to tpl.root.rev3',
      'rename the volume tpl.root.run to tpl.root',
      'remove the volume tpl.root.rev1 (an old revision)',
    ]);
    expect(describeStep(revertSteps('tpl', set, 1)[0]!)).toBe('snapshot tpl.root.rev1 as tpl.root.run');
  });

  it('refuses a revision that is not there', () => {
    expect(() => revertSteps('tpl', volumes('tpl.root', 'tpl.root.rev1'), 7)).toThrow(/no such older root/);
    expect(() => revertSteps('app', volumes())).toThrow(AppError);
  });
});

import { freeNumber } from '../addresses.ts';
import { poolAlarms } from '../pool.ts';
import { disposableOf } from '../resolve.ts';
import { DISPOSABLE_NAME } from '../schema.ts';
import { settingsDigest } from '../settings.ts';
import { VolumeSet } from '../volumes.ts';
import { advance } from './advance.ts';
import { networkSteps } from './network.ts';
import { recoverSteps } from './recover.ts';
import { volumeSteps } from './volumes.ts';
import type { Observed } from '../observed.ts';
import type { Qube } from '../resolve.ts';
import type { Note, Plan, Step } from '../steps.ts';

export interface ApplyOptions {
  /** Qubes whose data goes: each was typed by its name. */
  readonly prune?: readonly string[];
}

/**
 * What makes the machine match the file. Steps of one qube follow each other and each leaves a state
 * from which planning again ends in the same place, so a run that is killed is only run again.
 * Planning after every step was done gives no steps.
 */
export function planApply(
  declared: ReadonlyMap<string, Qube>,
  observed: Observed,
  { prune = [] }: ApplyOptions = {},
): Plan {
  const qubes = withDisposables(declared, observed);
  const steps: Step[] = [];
  const notes: Note[] = [...poolNotes(observed), ...strayNotes(qubes, observed, prune)];
  let state = observed;
  const add = (more: readonly Step[]): void => {
    steps.push(...more);
    state = advance(state, more);
  };
  for (const name of namesOf(qubes, observed)) {
    if (!observed.running.has(name)) {
      const powerCut = !observed.startedSinceBoot.has(name);
      add(recoverSteps(name, qubes.get(name), new VolumeSet(state.volumes), powerCut));
    }
  }
  for (const qube of inOrderOfNeed(declared)) {
    add(numberSteps(qube, state));
    const plan = volumeSteps(qube, new VolumeSet(state.volumes), observed.running.has(qube.name));
    add(plan.steps);
    notes.push(...plan.notes);
  }
  for (const name of prune) add(pruneSteps(name, qubes, state));
  add(goneNumbers(qubes, state));
  add(networkSteps(qubes, state));
  return { steps, notes: [...notes, ...restartNotes(declared, observed)] };
}

/** The qubes of the file and the disposables that run beside them. */
export function withDisposables(
  declared: ReadonlyMap<string, Qube>,
  { running }: Pick<Observed, 'running'>,
): ReadonlyMap<string, Qube> {
  const made = [...running].flatMap(([name, { parent }]) => {
    const from = parent === undefined ? undefined : declared.get(parent);
    return from === undefined || !DISPOSABLE_NAME.test(name)
      ? []
      : [[name, disposableOf(from, name)] as const];
  });
  return new Map([...declared, ...made]);
}

function namesOf(qubes: ReadonlyMap<string, Qube>, observed: Observed): readonly string[] {
  return [...new Set([...qubes.keys(), ...new VolumeSet(observed.volumes).owners()])];
}

/** Templates first: standalone qubes are copied from them. */
function inOrderOfNeed(qubes: ReadonlyMap<string, Qube>): readonly Qube[] {
  const all = [...qubes.values()];
  return [
    ...all.filter(({ kind }) => kind === 'TemplateVM'),
    ...all.filter(({ kind }) => kind !== 'TemplateVM'),
  ];
}

function numberSteps({ name }: Qube, state: Observed): readonly Step[] {
  if (state.numbers[name] !== undefined) return [];
  return [{ do: 'number', qube: name, number: freeNumber(name, state.numbers) }];
}

function pruneSteps(name: string, qubes: ReadonlyMap<string, Qube>, state: Observed): readonly Step[] {
  if (qubes.has(name) || state.running.has(name)) return [];
  return new VolumeSet(state.volumes).of(name).map((volume) => ({
    do: 'remove',
    volume: { qube: volume.qube, role: volume.role, form: volume.form },
    why: `--prune ${name}`,
  }));
}

/** A number stays with its qube as long as anything of the qube is there. */
function goneNumbers(qubes: ReadonlyMap<string, Qube>, state: Observed): readonly Step[] {
  const owners = new Set(new VolumeSet(state.volumes).owners());
  return Object.keys(state.numbers)
    .filter((name) => !qubes.has(name) && !owners.has(name) && !state.running.has(name))
    .map((qube) => ({ do: 'forget', qube }));
}

function poolNotes({ pool }: Observed): readonly Note[] {
  return poolAlarms(pool).map((text) => ({ qube: 'dom0', text }));
}

function strayNotes(
  qubes: ReadonlyMap<string, Qube>,
  observed: Observed,
  prune: readonly string[],
): readonly Note[] {
  const strays = namesOf(qubes, observed).filter(
    (name) => !qubes.has(name) && !DISPOSABLE_NAME.test(name) && !prune.includes(name),
  );
  return strays.map((qube) => ({
    qube,
    text: `is not in the file; its data is kept (\`qube apply --prune ${qube}\` removes it)`,
  }));
}

function restartNotes(qubes: ReadonlyMap<string, Qube>, observed: Observed): readonly Note[] {
  return [...qubes.values()].flatMap((qube) => {
    const settings = observed.running.get(qube.name)?.settings;
    if (settings === undefined || settings === settingsDigest(qube)) return [];
    return [{ qube: qube.name, text: `has settings that wait for \`qube restart ${qube.name}\`` }];
  });
}

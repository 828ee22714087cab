import { formatBytes } from '../../../../core/bytes.ts';
import { keepsPrivate, ownsRoot } from '../volumes.ts';
import type { Qube } from '../resolve.ts';
import type { Note, Plan, Step } from '../steps.ts';
import type { Role, VolumeSet } from '../volumes.ts';

/** The persistent volumes that a qube lacks, and those that are smaller than the file says. None of one that runs. */
export function volumeSteps(qube: Qube, volumes: VolumeSet, running: boolean): Plan {
  const parts = [
    ...(keepsPrivate(qube) ? [privateSteps(qube, volumes, running)] : []),
    ...(ownsRoot(qube) ? [rootSteps(qube, volumes, running)] : []),
  ];
  return { steps: parts.flatMap(({ steps }) => steps), notes: parts.flatMap(({ notes }) => notes) };
}

function privateSteps(qube: Qube, volumes: VolumeSet, running: boolean): Plan {
  const exists = volumes.get(qube.name, 'private', 'base') !== undefined;
  if (exists || running) return grow(qube, 'private', volumes, running);
  const base = { qube: qube.name, role: 'private', form: 'base' } as const;
  const bytes = qube.volumes.private;
  if (!qube.encryptPrivate) return { steps: [{ do: 'create', volume: base, bytes }], notes: [] };
  const fresh = { ...base, form: 'new' } as const;
  const steps: Step[] = [
    { do: 'create', volume: fresh, bytes },
    { do: 'encrypt', volume: fresh },
    { do: 'rename', volume: fresh, to: base },
  ];
  return { steps, notes: [] };
}

function rootSteps(qube: Qube, volumes: VolumeSet, running: boolean): Plan {
  const exists = volumes.get(qube.name, 'root', 'base') !== undefined;
  if (exists || running) return grow(qube, 'root', volumes, running);
  if (qube.kind === 'TemplateVM' || qube.template === undefined) {
    const text = `has no root volume: \`qube import ${qube.name} DIRECTORY\` brings one in from an image`;
    return { steps: [], notes: [{ qube: qube.name, text }] };
  }
  const from = volumes.get(qube.template, 'root', 'base');
  if (from === undefined) {
    return { steps: [], notes: [{ qube: qube.name, text: `waits for the root of ${qube.template}` }] };
  }
  const volume = { qube: qube.name, role: 'root', form: 'base' } as const;
  const clone: Step = { do: 'clone', from: { ...volume, qube: qube.template }, volume };
  const larger = from.bytes < qube.volumes.root;
  return { steps: larger ? [clone, { do: 'grow', volume, bytes: qube.volumes.root }] : [clone], notes: [] };
}

function grow(qube: Qube, role: Exclude<Role, 'volatile'>, volumes: VolumeSet, running: boolean): Plan {
  const has = volumes.get(qube.name, role, 'base')?.bytes ?? 0;
  const wanted = qube.volumes[role];
  if (has >= wanted) return { steps: [], notes: shrinkNotes(qube, role, has, wanted) };
  if (running) {
    return { steps: [], notes: [{ qube: qube.name, text: `its ${role} volume grows at the next stop` }] };
  }
  const volume = { qube: qube.name, role, form: 'base' } as const;
  return { steps: [{ do: 'grow', volume, bytes: wanted }], notes: [] };
}

/** Template images come in the size they have; only a private volume that was made larger is worth a word. */
function shrinkNotes(qube: Qube, role: Role, has: number, wanted: number): readonly Note[] {
  if (role === 'root' || has === wanted) return [];
  const text = `its ${role} volume has ${formatBytes(has)} and is not made smaller (${formatBytes(wanted)})`;
  return [{ qube: qube.name, text }];
}

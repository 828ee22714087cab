import { QUBE_NAME } from './schema.ts';
import type { Qube } from './resolve.ts';

export type Role = 'root' | 'private' | 'volatile';

/**
 * What a volume is to its qube: `base` is what persists; `run` belongs to one start and is dropped or
 * committed at the stop; `new` is being prepared; a number is an older revision, higher is younger.
 */
export type Form = 'base' | 'run' | 'new' | number;

export interface VolumeId {
  readonly qube: string;
  readonly role: Role;
  readonly form: Form;
}

/** A volume that exists. */
export interface Volume extends VolumeId {
  readonly bytes: number;
}

/** Our logical volumes carry it, so nothing else in the group is ever listed or touched. */
export const LVM_PREFIX = 'qube.';

/** Ending of volumes that are files. */
export const IMAGE_SUFFIX = '.img';

/** Older roots that a template or standalone qube keeps for `qube revert`. */
export const KEPT_REVISIONS = 2;

const NAME = /^([a-z0-9-]+)\.(root|private|volatile)(?:\.(run|new|rev([1-9]\d{0,8})))?$/;

/** The name of a volume, unique in its pool: `personal.root.run`, `debian-13.root.rev4`. */
export function volumeName({ qube, role, form }: VolumeId): string {
  if (form === 'base') return `${qube}.${role}`;
  return `${qube}.${role}.${typeof form === 'number' ? `rev${form}` : form}`;
}

/** The volume of that name, or undefined when it is none of ours. */
export function parseVolumeName(name: string): VolumeId | undefined {
  const match = NAME.exec(name);
  const [, qube = '', role = '', form, revision] = match ?? [];
  if (match === null || !QUBE_NAME.test(qube)) return undefined;
  return { qube, role: role as Role, form: formOf(form, revision) };
}

function formOf(form: string | undefined, revision: string | undefined): Form {
  if (revision !== undefined) return Number(revision);
  return form === 'run' || form === 'new' ? form : 'base';
}

/** Whether the root belongs to the qube itself: changes to it are committed at the stop. */
export function ownsRoot(qube: Qube): boolean {
  return qube.kind === 'TemplateVM' || qube.kind === 'StandaloneVM';
}

/** Whether the private volume outlives a stop. */
export function keepsPrivate(qube: Qube): boolean {
  return !qube.disposable;
}

type Revision = Volume & { readonly form: number };

function isRevision(volume: Volume): volume is Revision {
  return volume.role === 'root' && typeof volume.form === 'number';
}

/** A lookup of volumes by name. */
export class VolumeSet {
  readonly #byName: ReadonlyMap<string, Volume>;

  constructor(volumes: readonly Volume[]) {
    this.#byName = new Map(volumes.map((volume) => [volumeName(volume), volume]));
  }

  get(qube: string, role: Role, form: Form): Volume | undefined {
    return this.#byName.get(volumeName({ qube, role, form }));
  }

  /** The volumes of one qube, in the order of their names. */
  of(qube: string): readonly Volume[] {
    return [...this.#byName.values()].filter((volume) => volume.qube === qube).sort(byName);
  }

  /** The older roots of a qube, the oldest first. */
  revisions(qube: string): readonly Revision[] {
    return this.of(qube)
      .filter(isRevision)
      .sort((a, b) => a.form - b.form);
  }

  /** Every qube that has a volume, sorted. */
  owners(): readonly string[] {
    return [...new Set([...this.#byName.values()].map((volume) => volume.qube))].sort();
  }
}

function byName(a: VolumeId, b: VolumeId): number {
  return volumeName(a) < volumeName(b) ? -1 : 1;
}

export function sameVolume(a: VolumeId, b: VolumeId): boolean {
  return a.qube === b.qube && a.role === b.role && a.form === b.form;
}

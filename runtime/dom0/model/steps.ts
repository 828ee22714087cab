import { formatBytes } from '../../../core/bytes.ts';
import { volumeName } from './volumes.ts';
import type { VolumeId } from './volumes.ts';

/** One change to the machine, as data: shown before it is done, and done by one function. */
export type Step =
  | { readonly do: 'number'; readonly qube: string; readonly number: number }
  | { readonly do: 'forget'; readonly qube: string }
  | { readonly do: 'create'; readonly volume: VolumeId; readonly bytes: number }
  | { readonly do: 'clone'; readonly from: VolumeId; readonly volume: VolumeId }
  | { readonly do: 'grow'; readonly volume: VolumeId; readonly bytes: number }
  | { readonly do: 'encrypt'; readonly volume: VolumeId }
  | { readonly do: 'rename'; readonly volume: VolumeId; readonly to: VolumeId }
  | { readonly do: 'remove'; readonly volume: VolumeId; readonly why: string }
  | { readonly do: 'network'; readonly qube: string; readonly netvm: string | undefined }
  | { readonly do: 'firewall'; readonly netvm: string; readonly ruleset: string };

/** Something that a person should know and that no step mends. */
export interface Note {
  readonly qube: string;
  readonly text: string;
}

export interface Plan {
  readonly steps: readonly Step[];
  readonly notes: readonly Note[];
}

/** The qube that a step is about. */
export function subjectOf(step: Step): string {
  if ('volume' in step) return step.volume.qube;
  return 'qube' in step ? step.qube : step.netvm;
}

/** A step as a line of the plan. */
export function describeStep(step: Step): string {
  switch (step.do) {
    case 'number':
      return `give ${step.qube} the number ${step.number}`;
    case 'forget':
      return `free the number of ${step.qube}`;
    case 'create':
      return `create the volume ${volumeName(step.volume)} of ${formatBytes(step.bytes)}`;
    case 'clone':
      return `snapshot ${volumeName(step.from)} as ${volumeName(step.volume)}`;
    case 'grow':
      return `grow the volume ${volumeName(step.volume)} to ${formatBytes(step.bytes)}`;
    case 'encrypt':
      return `encrypt the volume ${volumeName(step.volume)} with a key of its own`;
    case 'rename':
      return `rename the volume ${volumeName(step.volume)} to ${volumeName(step.to)}`;
    case 'remove':
      return `remove the volume ${volumeName(step.volume)} (${step.why})`;
    case 'network':
      return step.netvm === undefined
        ? `take ${step.qube} off the network`
        : `attach ${step.qube} to ${step.netvm}`;
    case 'firewall':
      return `load the firewall rules of ${step.netvm}`;
  }
}

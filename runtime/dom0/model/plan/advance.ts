import { sameVolume } from '../volumes.ts';
import { firewallFacts } from '../facts.ts';
import type { Observed, Running } from '../observed.ts';
import type { Step } from '../steps.ts';
import type { Volume, VolumeId } from '../volumes.ts';

/** The machine as it will be after `steps`: later parts of a plan build on it, and tests hold it against the real one. */
export function advance(observed: Observed, steps: readonly Step[]): Observed {
  return steps.reduce(after, observed);
}

function after(observed: Observed, step: Step): Observed {
  switch (step.do) {
    case 'number':
      return { ...observed, numbers: { ...observed.numbers, [step.qube]: step.number } };
    case 'forget': {
      const kept = Object.entries(observed.numbers).filter(([name]) => name !== step.qube);
      return { ...observed, numbers: Object.fromEntries(kept) };
    }
    case 'network':
      return withRunning(observed, step.qube, { network: networkAfter(observed, step.netvm) });
    case 'firewall':
      return withRunning(observed, step.netvm, { firewall: firewallFacts(step.ruleset)['firewall/digest'] });
    default:
      return { ...observed, volumes: volumesAfter(observed.volumes, step) };
  }
}

type VolumeStep = Exclude<Step, { do: 'number' | 'forget' | 'network' | 'firewall' }>;

function volumesAfter(volumes: readonly Volume[], step: VolumeStep): readonly Volume[] {
  switch (step.do) {
    case 'create':
      return [...volumes, { ...step.volume, bytes: step.bytes }];
    case 'clone':
      return [...volumes, { ...step.volume, bytes: find(volumes, step.from)?.bytes ?? 0 }];
    case 'grow':
      return volumes.map((volume) =>
        sameVolume(volume, step.volume) ? { ...volume, bytes: step.bytes } : volume,
      );
    case 'rename':
      return volumes.map((volume) => (sameVolume(volume, step.volume) ? { ...volume, ...step.to } : volume));
    case 'remove':
      return volumes.filter((volume) => !sameVolume(volume, step.volume));
    case 'encrypt':
      return volumes;
  }
}

function find(volumes: readonly Volume[], id: VolumeId): Volume | undefined {
  return volumes.find((volume) => sameVolume(volume, id));
}

function networkAfter(observed: Observed, netvm: string | undefined): Running['network'] {
  const running = netvm === undefined ? undefined : observed.running.get(netvm);
  return netvm === undefined || running === undefined ? undefined : { netvm, domid: running.domid };
}

/** The machine after the start of a qube got as far as letting its domain run. */
export function launched(observed: Observed, name: string, running: Running): Observed {
  return {
    ...observed,
    running: new Map(observed.running).set(name, running),
    startedSinceBoot: new Set(observed.startedSinceBoot).add(name),
  };
}

function withRunning(observed: Observed, name: string, change: Partial<Running>): Observed {
  const running = observed.running.get(name);
  if (running === undefined) return observed;
  return { ...observed, running: new Map(observed.running).set(name, { ...running, ...change }) };
}

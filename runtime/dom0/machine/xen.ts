import { MIB } from '../../../core/bytes.ts';
import { PATHS } from './paths.ts';
import type { Machine } from '../../../core/machine.ts';

export interface Domain {
  readonly name: string;
  readonly id: number;
  /** Bytes. */
  readonly memory: number;
  /** Time that its processors have worked. */
  readonly seconds: number;
}

/** The toolstack: `xl` of the running hypervisor. */
export interface Xen {
  /** Domains that are not dom0 and not already dying. */
  readonly list: () => Promise<readonly Domain[]>;
  /** The domain of that name, from the Xen store: no program is started for it. */
  readonly idOf: (name: string) => Promise<number | undefined>;
  /** Makes a domain that does not run yet. */
  readonly createPaused: (config: string) => Promise<void>;
  readonly unpause: (name: string) => Promise<void>;
  /** Asks the guest to shut down; does not wait. */
  readonly shutdown: (name: string) => Promise<void>;
  readonly destroy: (name: string) => Promise<void>;
  readonly attachInterface: (domid: number, spec: readonly string[]) => Promise<void>;
  /** Takes every interface away, whether its netvm still lives or not. */
  readonly detachInterfaces: (domid: number) => Promise<void>;
  readonly makeAssignable: (address: string) => Promise<void>;
  /** How many processors the machine has for all domains together. */
  readonly processors: () => Promise<number>;
}

const DOMAINS = '/local/domain';

const LINE = /^(\S+)\s+(\d+)\s+(\d+)\s+\d+\s+([a-z-]{6})\s+([\d.]+)\s*$/;

/** xl stays behind for each domain, to clear up when it ends: in a scope of its own, since it is not to go when the unit does that started it. */
const APART = ['systemd-run', '--quiet', '--collect', '--scope', '--slice=machine.slice'] as const;

/** The table that `xl list` prints; names of ours hold no blanks, other lines are passed over. */
export function parseDomains(text: string): readonly Domain[] {
  return text.split('\n').flatMap((line) => {
    const match = LINE.exec(line);
    const [, name = '', id, memory, state = '', seconds] = match ?? [];
    if (match === null || id === '0' || state.includes('d')) return [];
    return [{ name, id: Number(id), memory: Number(memory) * MIB, seconds: Number(seconds) }];
  });
}

/** `nr_cpus` of `xl info`: the processors in use, so not the threads that `smt=off` switched off. */
export function parseProcessors(text: string): number {
  return Number(/^nr_cpus\s*:\s*(\d+)$/m.exec(text)?.[1] ?? 1);
}

export function xlToolstack({ run, store, files }: Pick<Machine, 'run' | 'store' | 'files'>): Xen {
  const xl = (...args: string[]): Promise<{ readonly stdout: string }> =>
    run({ argv: ['xl', ...args], env: { LC_ALL: 'C' } });
  const assignable = async (address: string): Promise<boolean> =>
    (await xl('pci-assignable-list')).stdout.split('\n').some((line) => line.trim().startsWith(address));
  return {
    list: async () => parseDomains((await xl('list')).stdout),
    idOf: async (name) => {
      // A name that was just given back may still stand at an older domain.
      for (const id of (await store.list(DOMAINS)).map(Number).sort((a, b) => b - a)) {
        if (id !== 0 && (await store.read(`${DOMAINS}/${id}/name`)) === name) return id;
      }
      return undefined;
    },
    createPaused: async (config) => {
      await run({ argv: [...APART, 'xl', 'create', '-p', config], env: { LC_ALL: 'C' } });
    },
    unpause: async (name) => {
      await xl('unpause', name);
    },
    shutdown: async (name) => {
      await xl('shutdown', '-F', name);
    },
    destroy: async (name) => {
      await xl('destroy', name);
    },
    attachInterface: async (domid, spec) => {
      await xl('network-attach', String(domid), ...spec);
    },
    detachInterfaces: async (domid) => {
      for (const device of await store.list(`/libxl/${domid}/device/vif`)) {
        await xl('network-detach', String(domid), device);
      }
    },
    makeAssignable: async (address) => {
      if (!(await assignable(address))) await xl('pci-assignable-add', address);
    },
    processors: async () => {
      const known = Number(await files.read(PATHS.processors));
      if (known > 0) return known;
      const seen = parseProcessors((await xl('info')).stdout);
      await files.write(PATHS.processors, `${seen}\n`);
      return seen;
    },
  };
}

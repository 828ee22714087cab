import { GIB, parseBytes } from '../../../core/bytes.ts';
import { NO_NETVM } from './schema.ts';
import type { DeviceRequest, Firewall, Kind, QubeEntry, QubesFile } from './schema.ts';
import type { Label } from './labels.ts';

/** A qube with every default filled in. Sizes are bytes. */
export interface Qube {
  readonly name: string;
  readonly kind: Kind;
  readonly template: string | undefined;
  readonly label: Label;
  readonly netvm: string | undefined;
  readonly providesNetwork: boolean;
  readonly leastLabel: Label | undefined;
  readonly isolated: boolean;
  readonly memory: number;
  readonly vcpus: number;
  readonly virt: 'pvh' | 'pv' | 'hvm';
  readonly volumes: { readonly root: number; readonly private: number; readonly volatile: number };
  readonly encryptPrivate: boolean;
  readonly autostart: number | undefined;
  readonly disposable: boolean;
  readonly disposableTemplate: boolean;
  readonly devices: readonly DeviceRequest[];
  readonly firewall: Firewall;
  readonly services: readonly string[];
  readonly persist: readonly string[];
}

const SIZES = { root: 20 * GIB, private: 8 * GIB, volatile: 2 * GIB };
const OPEN_FIREWALL: Firewall = { policy: 'accept', dns: true, rules: [] };

/** Kinds that get `defaults.netvm` when they name none; the others have no network unless they ask. */
const NETWORKED: readonly Kind[] = ['AppVM', 'DisposableVM', 'StandaloneVM'];

/** The qubes of a file by name, in the order of the file, with the defaults applied. */
export function resolveQubes(file: QubesFile): ReadonlyMap<string, Qube> {
  return new Map(Object.entries(file.qubes).map(([name, entry]) => [name, resolve(name, entry, file)]));
}

function resolve(name: string, entry: QubeEntry, file: QubesFile): Qube {
  const { defaults } = file;
  const templated = entry.kind !== 'TemplateVM';
  const netvm = entry.netvm ?? (NETWORKED.includes(entry.kind) ? defaults.netvm : undefined) ?? NO_NETVM;
  return {
    name,
    kind: entry.kind,
    template: entry.template ?? (templated ? defaults.template : undefined),
    label: entry.label,
    netvm: netvm === NO_NETVM ? undefined : netvm,
    providesNetwork: entry['provides-network'],
    leastLabel: entry['least-label'],
    isolated: entry.isolated,
    memory: bytesOf(entry.memory ?? defaults.memory),
    vcpus: entry.vcpus ?? defaults.vcpus,
    virt: entry.virt ?? defaults.virt,
    volumes: volumeSizes(entry, file),
    encryptPrivate: entry['encrypt-private'],
    autostart: entry.autostart,
    disposable: entry.disposable || entry.kind === 'DisposableVM',
    disposableTemplate: entry['disposable-template'],
    devices: entry.devices,
    firewall: entry.firewall ?? OPEN_FIREWALL,
    services: entry.services,
    persist: entry.persist,
  };
}

function volumeSizes(entry: QubeEntry, file: QubesFile): Qube['volumes'] {
  const pick = (role: keyof typeof SIZES): number => {
    const text = entry.volumes?.[role] ?? file.defaults.volumes[role];
    return text === undefined ? SIZES[role] : bytesOf(text);
  };
  return { root: pick('root'), private: pick('private'), volatile: pick('volatile') };
}

/** The schema let only sizes through; anything else would be a bug of ours. */
function bytesOf(text: string): number {
  const bytes = parseBytes(text);
  if (bytes === undefined) throw new TypeError(`not a size: ${text}`);
  return bytes;
}

/** The TemplateVM whose root `qube` starts from: two steps away for a DisposableVM made from an AppVM. */
export function rootTemplate(qube: Qube, qubes: ReadonlyMap<string, Qube>): Qube | undefined {
  const parent = qube.template === undefined ? undefined : qubes.get(qube.template);
  if (parent === undefined || parent.kind === 'TemplateVM') return parent;
  return parent.template === undefined ? undefined : qubes.get(parent.template);
}

/** The qube that `qube run --disposable PARENT` starts: as its parent, under a name of its own. */
export function disposableOf(parent: Qube, name: string): Qube {
  return {
    ...parent,
    name,
    kind: 'DisposableVM',
    template: parent.name,
    disposable: true,
    disposableTemplate: false,
    autostart: undefined,
    encryptPrivate: false,
  };
}

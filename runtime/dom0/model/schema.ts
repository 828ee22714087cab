import { parseBytes } from '../../../core/bytes.ts';
import * as z from 'zod';
import { isAddressRange } from './address-range.ts';
import { LABELS } from './labels.ts';

export const KINDS = ['TemplateVM', 'AppVM', 'DisposableVM', 'ServiceVM', 'StandaloneVM', 'GUIVM'] as const;
export type Kind = (typeof KINDS)[number];

/** What `netvm:` says for no network interface at all. */
export const NO_NETVM = 'none';

/** Names that a disposable made on the spot has; nobody else may. */
export const DISPOSABLE_NAME = /^disp-[1-9]\d{0,4}$/;

/** A qube's name: fits a domain name, a host name and a volume name. */
export const QUBE_NAME = /^[a-z](?:-?[a-z0-9]){0,30}$/;

/** A PCI address as Linux writes it: domain, bus, device, function. */
export const PCI_ADDRESS = /^[0-9a-f]{4}:[0-9a-f]{2}:[01][0-9a-f]\.[0-7]$/;

const SERVICE_NAME = /^[A-Za-z][A-Za-z0-9.-]{0,62}$/;
const PERSISTENT_PATH = /^(?:\/[A-Za-z0-9_.@:+-]*[A-Za-z0-9_@:+-])+$/;
const PORTS = /^\d{1,5}(-\d{1,5})?$/;

const size = z
  .string()
  .refine((text) => parseBytes(text) !== undefined, 'expected a size such as 400MiB or 8GiB')
  .meta({ description: 'A size in binary units, for example 400MiB', examples: ['400MiB', '8GiB'] });

const qubeName = z
  .string()
  .regex(QUBE_NAME, 'expected a name of lower-case letters, digits and single hyphens, at most 31 long')
  .refine((name) => !DISPOSABLE_NAME.test(name), 'names like disp-1 belong to disposables made on the spot');

function portsInOrder(text: string): boolean {
  const [from, to = from] = text.split('-').map(Number);
  return from !== undefined && to !== undefined && from >= 1 && from <= to && to <= 65535;
}

const ports = z
  .string()
  .regex(PORTS, 'expected a port or a range such as 8000-8080')
  .refine(portsInOrder, 'expected ports between 1 and 65535, the lower one first');

const firewallRule = z.strictObject({
  action: z.enum(['accept', 'drop']),
  to: z
    .string()
    .refine(isAddressRange, 'expected an IPv4 address or range (host names cannot be filtered safely)')
    .default('0.0.0.0/0'),
  protocol: z.enum(['any', 'tcp', 'udp', 'icmp']).default('any'),
  ports: z.array(ports).min(1).max(64).optional(),
});

const firewall = z.strictObject({
  policy: z.enum(['accept', 'drop']).default('accept').describe('What happens to packets no rule speaks of'),
  dns: z.boolean().default(true).describe('Whether name look-ups work'),
  rules: z.array(firewallRule).max(200).default([]),
});

const reset = z
  .enum(['required', 'not-required'])
  .default('required')
  .describe('not-required: give the device even if it cannot be reset between two qubes');

const device = z.union([
  z.strictObject({
    address: z.string().regex(PCI_ADDRESS, 'expected a PCI address such as 0000:00:05.0'),
    reset,
  }),
  z.strictObject({
    class: z.enum(['network', 'usb', 'audio']),
    except: z.array(z.string().regex(PCI_ADDRESS)).default([]).describe('Controllers that dom0 keeps'),
    reset,
  }),
]);

const volumes = z.strictObject({
  root: size.optional(),
  private: size.optional(),
  volatile: size.optional(),
});

const virt = z.enum(['pvh', 'pv', 'hvm']);

const qube = z.strictObject({
  kind: z.enum(KINDS),
  template: qubeName.optional(),
  label: z.enum(LABELS),
  netvm: z.union([z.literal(NO_NETVM), qubeName]).optional(),
  'provides-network': z.boolean().default(false),
  'least-label': z
    .enum(LABELS)
    .optional()
    .describe('The least trusted label whose qubes may use this one as their netvm'),
  isolated: z.boolean().default(false).describe('Promises that this qube never gets a network'),
  memory: size.optional(),
  vcpus: z.int().min(1).max(64).optional(),
  virt: virt.optional(),
  volumes: volumes.optional(),
  'encrypt-private': z.boolean().default(false).describe('A LUKS key of its own for the private volume'),
  autostart: z.int().min(1).max(999).optional().describe('Started at boot, lower numbers first'),
  disposable: z.boolean().default(false).describe('Every volume vanishes when the qube stops'),
  'disposable-template': z.boolean().default(false).describe('DisposableVMs may be made from this AppVM'),
  devices: z.array(device).max(32).default([]),
  firewall: firewall.optional(),
  services: z.array(z.string().regex(SERVICE_NAME)).max(64).default([]),
  persist: z
    .array(z.string().max(200).regex(PERSISTENT_PATH, 'expected an absolute path without . or .. parts'))
    .max(64)
    .default([])
    .describe('Directories outside /home that survive a restart'),
});

const policyRule = z.strictObject({
  service: z.string().regex(SERVICE_NAME),
  from: qubeName,
  to: qubeName,
  action: z.enum(['allow', 'ask', 'deny']),
});

const storage = z.discriminatedUnion('driver', [
  z.strictObject({
    driver: z.literal('lvm-thin'),
    group: z.string().regex(/^[A-Za-z0-9_+.][A-Za-z0-9_+.-]{0,100}$/),
    pool: z.string().regex(/^[A-Za-z0-9_+.][A-Za-z0-9_+.-]{0,100}$/),
  }),
  z.strictObject({
    driver: z.literal('reflink'),
    directory: z.string().regex(/^\/[A-Za-z0-9_./-]+$/, 'expected an absolute directory'),
  }),
]);

/** `/etc/qubeforge/qubes.yaml`, version 1. */
export const qubesSchema = z.strictObject({
  version: z.literal(1),
  storage,
  timezone: z
    .string()
    .regex(/^[A-Za-z0-9_+-]+(\/[A-Za-z0-9_+-]+){0,2}$/, 'expected a zone such as Europe/Berlin')
    .default('UTC'),
  defaults: z
    .strictObject({
      template: qubeName.optional(),
      netvm: z.union([z.literal(NO_NETVM), qubeName]).optional(),
      memory: size.default('800MiB'),
      vcpus: z.int().min(1).max(64).default(2),
      virt: virt.default('pvh').describe('pv where the processor cannot do pvh'),
      volumes: volumes.default({}),
    })
    .default({ memory: '800MiB', vcpus: 2, virt: 'pvh', volumes: {} }),
  qubes: z.record(qubeName, qube),
  policy: z.array(policyRule).max(1000).default([]),
});

export type QubesFile = z.output<typeof qubesSchema>;
export type QubeEntry = QubesFile['qubes'][string];
export type DeviceRequest = QubeEntry['devices'][number];
export type Firewall = z.output<typeof firewall>;
export type StorageChoice = QubesFile['storage'];

/** The JSON Schema (2020-12) that editors and other programs check `qubes.yaml` with. */
export function qubesJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(qubesSchema, { io: 'input' }), title: 'Qubeforge qubes.yaml, version 1' };
}

import { stringify } from 'yaml';
import { GIB } from '../../core/bytes.ts';
import { AppError } from '../../core/errors.ts';
import { type Context } from './context.ts';
import { canReset, keptControllers, networkCards, usbControllers } from './devices.ts';
import { POOL_DIRECTORY } from './files.ts';
import { volumeGroup } from './identity.ts';

type Entry = Readonly<Record<string, unknown>>;

/** `/etc/qubeforge/qubes.yaml`: the templates, the service qubes and the default qubes. */
export function qubesFile(context: Context): string {
  const { answers, identity, templates } = context;
  const network = networkCards(context).length > 0;
  const file = {
    version: 1,
    storage:
      answers.storage.scheme === 'btrfs'
        ? { driver: 'reflink', directory: POOL_DIRECTORY }
        : { driver: 'lvm-thin', group: volumeGroup(identity), pool: 'qube-pool' },
    timezone: answers.timezone,
    defaults: { template: defaultTemplate(context), netvm: 'sys-firewall', ...defaultVirt(context) },
    qubes: {
      ...Object.fromEntries(templates.map((image) => [image.name, TEMPLATE])),
      ...(usbControllers(context).length > 0 ? { 'sys-usb': sysUsb(context) } : {}),
      ...(network ? { 'sys-net': sysNet(context) } : {}),
      'sys-firewall': sysFirewall(network),
      ...(answers.qubes.set === 'default' ? started(userQubes(context), answers.qubes.autostart) : {}),
    },
  };
  return `# Written by the Qubeforge installer; yours to change. After a change: qube apply\n${stringify(file, { aliasDuplicateObjects: false })}`;
}

const TEMPLATE: Entry = { kind: 'TemplateVM', label: 'black', netvm: 'none', memory: '800MiB' };

/** The template that qubes start from. Throws an `AppError` when the answers name one that is not installed. */
export function defaultTemplate({ answers, templates }: Pick<Context, 'answers' | 'templates'>): string {
  const wanted = answers['default-template'];
  const found = wanted === undefined ? templates[0] : templates.find((image) => image.name === wanted);
  if (found !== undefined) return found.name;
  throw new AppError({
    kind: 'usage',
    code: 'answers.template',
    what: 'The default template is not among those to install',
    expected: templates.map((image) => image.name).join(', ') || 'a template on the medium',
    got: wanted ?? 'none',
    next: 'change default-template or templates in the answers',
  });
}

/** What qubes without devices run as, where it is not what `qube` takes anyway: pvh needs HVM and nested paging. */
function defaultVirt({ answers, hardware: { cpu } }: Context): Entry {
  const { virt } = answers.qubes;
  const paravirtual =
    virt === 'auto' ? [cpu.virtualisation, cpu.slat].some(({ state }) => state === 'no') : virt === 'pv';
  return paravirtual ? { virt: 'pv' } : {};
}

function sysUsb(context: Context): Entry {
  return {
    kind: 'ServiceVM',
    disposable: true,
    label: 'red',
    netvm: 'none',
    memory: '400MiB',
    vcpus: 1,
    virt: 'pv',
    autostart: 10,
    devices: [{ class: 'usb', except: keptControllers(context), reset: 'not-required' }],
  };
}

function sysNet(context: Context): Entry {
  return {
    kind: 'ServiceVM',
    label: 'red',
    netvm: 'none',
    'provides-network': true,
    memory: '400MiB',
    vcpus: 1,
    virt: 'pv',
    autostart: 20,
    services: ['network-uplink'],
    devices: networkCards(context).map((device) => ({
      address: device.address,
      ...(canReset(device) ? {} : { reset: 'not-required' }),
    })),
  };
}

function sysFirewall(network: boolean): Entry {
  return {
    kind: 'ServiceVM',
    disposable: true,
    label: 'green',
    netvm: network ? 'sys-net' : 'none',
    'provides-network': true,
    memory: '500MiB',
    vcpus: 1,
    autostart: 30,
  };
}

/** After the service qubes, in the order of the answers. */
const FIRST_OF_USER = 100;

/**
 * The qubes with those that the answers name started at boot.
 * @throws AppError `answers.autostart` for a name that is none of them.
 */
function started(
  qubes: Readonly<Record<string, Entry>>,
  names: readonly string[],
): Readonly<Record<string, Entry>> {
  const stray = names.find((name) => !Object.hasOwn(qubes, name));
  if (stray !== undefined) {
    throw new AppError({
      kind: 'usage',
      code: 'answers.autostart',
      what: 'A qube to start at boot is none of the default qubes',
      expected: Object.keys(qubes).join(', '),
      got: stray,
      next: 'change qubes.autostart in the answers',
    });
  }
  return Object.fromEntries(
    Object.entries(qubes).map(([name, entry]) => {
      const place = names.indexOf(name);
      return [name, place < 0 ? entry : { ...entry, autostart: FIRST_OF_USER + place }];
    }),
  );
}

function userQubes({ hardware }: Context): Readonly<Record<string, Entry>> {
  const memory = (hardware.memoryBytes ?? 0) >= 15 * GIB ? '1500MiB' : '800MiB';
  const app = (label: string, more: Entry = {}): Entry => ({ kind: 'AppVM', label, memory, ...more });
  return {
    'default-dvm': app('red', { memory: '600MiB', 'disposable-template': true }),
    personal: app('yellow'),
    work: app('blue'),
    untrusted: app('red'),
    vault: app('black', { netvm: 'none', memory: '400MiB', isolated: true }),
  };
}

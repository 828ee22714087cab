import { MIB } from '../../../core/bytes.ts';
import type { Qube } from './resolve.ts';

/** What only the machine can tell about one start. */
export interface Boot {
  readonly kernel: string;
  readonly initrd: string;
  /** Block devices in dom0. */
  readonly root: string;
  readonly private: string;
  readonly volatile: string;
  /** PCI addresses to hand over. */
  readonly devices: readonly string[];
  /** Processors of the machine. */
  readonly processors: number;
  /** The interface, once the netvm runs; see `xlInterface`. */
  readonly interface: readonly string[] | undefined;
}

/** Without IPv6 and with the classic names: eth0 is the one interface that a guest has. */
const KERNEL_LINE = 'root=/dev/xvda rw console=hvc0 net.ifnames=0 ipv6.disable=1 quiet';

/** The xl.cfg(5) of one start. */
export function xlConfig(qube: Qube, boot: Boot): string {
  const lines: [string, string | number | readonly string[]][] = [
    ['name', qube.name],
    ['type', qube.virt],
    ['kernel', boot.kernel],
    ['ramdisk', boot.initrd],
    ['cmdline', KERNEL_LINE],
    ['memory', Math.floor(qube.memory / MIB)],
    // Virtual processors that wait for each other while only one of them can run get nowhere.
    ['vcpus', Math.min(qube.vcpus, boot.processors)],
    ['disk', [disk('xvda', boot.root), disk('xvdb', boot.private), disk('xvdc', boot.volatile)]],
    ['pci', boot.devices],
    ['driver_domain', qube.providesNetwork ? 1 : 0],
    ['vif', boot.interface === undefined ? [] : [boot.interface.join(',')]],
    ['on_poweroff', 'destroy'],
    ['on_reboot', 'destroy'],
    ['on_crash', 'destroy'],
  ];
  return `${lines.map(([key, value]) => `${key} = ${literal(value)}`).join('\n')}\n`;
}

/** The interface of a qube (xl-network-configuration(5)): routed by our own hotplug script in the netvm. */
export function xlInterface(address: { readonly ip: string; readonly mac: string }, netvm: string): string[] {
  return [`mac=${address.mac}`, `ip=${address.ip}`, `backend=${netvm}`, 'script=vif-qube'];
}

function disk(device: string, target: string): string {
  return `format=raw,vdev=${device},access=rw,backendtype=phy,script=block-qube,target=${target}`;
}

function literal(value: string | number | readonly string[]): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return quoted(value);
  return `[${value.map(quoted).join(', ')}]`;
}

/** xl knows no escapes: what would need one never comes out of a checked file. */
function quoted(text: string): string {
  if (/["'\\\n]/.test(text)) throw new TypeError(`not fit for xl.cfg: ${JSON.stringify(text)}`);
  return `"${text}"`;
}

import { type PciDevice, type PciRole } from './model.ts';
import { type Source, readText } from './source.ts';

const DEVICES = '/sys/bus/pci/devices';
export const PCI_ADDRESS = /[0-9a-f]{4,}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]/;

/** Every PCI function that the kernel sees, by address. */
export async function probePci(source: Source): Promise<readonly PciDevice[]> {
  const addresses = (await source.list(DEVICES)) ?? [];
  return Promise.all(addresses.map((address) => device(source, address)));
}

async function device(source: Source, address: string): Promise<PciDevice> {
  const at = `${DEVICES}/${address}`;
  const number = async (name: string): Promise<string> =>
    ((await readText(source, `${at}/${name}`)) ?? '').replace(/^0x/, '');
  const deviceClass = (await number('class')).padStart(6, '0');
  const group = /\/(\d+)$/.exec((await source.real(`${at}/iommu_group`)) ?? '')?.[1];
  const role = roleOf(deviceClass);
  // Only devices that a qube may get matter; asking all would be hundreds of reads.
  const resets =
    role === 'other' || role === 'bridge' ? undefined : await readText(source, `${at}/reset_method`);
  return {
    address,
    class: deviceClass,
    vendor: await number('vendor'),
    device: await number('device'),
    role,
    resetMethods: resets?.split(/\s+/).filter((name) => name !== ''),
    group: group === undefined ? undefined : Number(group),
  };
}

/** PCI class codes (PCI Code and ID Assignment 1.12): 0x02 network, 0x0c03 USB, interface 0x40 USB4. */
export function roleOf(deviceClass: string): PciRole {
  if (deviceClass === '0c0340') return 'thunderbolt';
  if (deviceClass.startsWith('0c03')) return 'usb';
  if (deviceClass.startsWith('0280') || deviceClass.startsWith('0d')) return 'wireless';
  if (deviceClass.startsWith('02')) return 'network';
  return deviceClass.startsWith('06') ? 'bridge' : 'other';
}

/** The USB controller in a sysfs path of something on USB, or undefined. */
export function usbControllerOf(sysfsPath: string | undefined): string | undefined {
  const cut = sysfsPath?.search(/\/usb\d+(\/|$)/) ?? -1;
  if (sysfsPath === undefined || cut < 0) return undefined;
  return sysfsPath.slice(0, cut).match(new RegExp(PCI_ADDRESS, 'g'))?.at(-1);
}

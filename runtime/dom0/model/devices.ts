import type { DeviceRequest } from './schema.ts';

/** A PCI device that the machine has. */
export interface PciDevice {
  readonly address: string;
  /** Six hexadecimal digits: class, subclass, interface (PCI Code and ID Assignment). */
  readonly class: string;
  readonly resets: readonly string[];
  readonly driver: string | undefined;
}

/** The start of a PCI class code: base class, for USB with its subclass. */
const CLASS_PREFIX = { network: '02', usb: '0c03', audio: '04' } as const;

/** The devices of the machine that a request of the file means. */
export function matchingDevices(request: DeviceRequest, pci: readonly PciDevice[]): readonly PciDevice[] {
  if ('address' in request) return pci.filter((device) => device.address === request.address);
  const prefix = CLASS_PREFIX[request.class];
  return pci.filter((device) => device.class.startsWith(prefix) && !request.except.includes(device.address));
}

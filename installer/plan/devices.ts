import type { PciDevice } from '../probe/model.ts';
import { type Context } from './context.ts';

type Input = Pick<Context, 'answers' | 'hardware' | 'disk'>;

/** Network cards for sys-net. Without a reset only those that the answers allow. */
export function networkCards({ answers, hardware }: Input): readonly PciDevice[] {
  return hardware.pci.filter(
    (device) =>
      (device.role === 'network' || device.role === 'wireless') &&
      (canReset(device) || answers.qubes['allow-no-reset'].includes(device.address)),
  );
}

export function canReset(device: PciDevice): boolean {
  return (device.resetMethods?.length ?? 0) > 0;
}

/** USB controllers that dom0 keeps: that of its disk, and that of the only keyboard unless it is denied. */
export function keptControllers({ answers, hardware, disk }: Input): readonly string[] {
  const keyboards = hardware.keyboards.filter((keyboard) => !keyboard.token);
  const usbOnly = keyboards.length > 0 && keyboards.every((keyboard) => keyboard.bus === 'usb');
  const needed = usbOnly && answers.usb.keyboard === 'auto' ? keyboards.map((one) => one.usbController) : [];
  const all = [disk.usbController, ...needed].filter((address) => address !== undefined);
  return [...new Set(all)].sort();
}

/** USB controllers for sys-usb. */
export function usbControllers(input: Input): readonly PciDevice[] {
  const { answers, hardware } = input;
  if (answers.qubes.set === 'none' || answers.qubes['sys-usb'] === 'no') return [];
  const kept = keptControllers(input);
  return hardware.pci.filter((device) => device.role === 'usb' && !kept.includes(device.address));
}

/** USB controllers that stay with dom0; every other one, and every network card, is kept from it. */
export function dom0Controllers(input: Input): readonly string[] {
  const given = usbControllers(input).map((device) => device.address);
  return input.hardware.pci
    .filter((device) => device.role === 'usb' && !given.includes(device.address))
    .map((device) => device.address)
    .sort();
}

import type { PciDevice } from '../probe/model.ts';
import { type Check, type Finding } from './finding.ts';

const NAMES: Partial<Record<PciDevice['role'], string>> = {
  network: 'network card',
  wireless: 'wireless card',
  usb: 'USB controller',
};

/** A device that cannot be reset keeps what one qube did to it when another gets it. */
export const deviceReset: Check = {
  id: 'device-reset',
  run: (hardware) => hardware.pci.filter((device) => device.role in NAMES).map(finding),
};

function finding(device: PciDevice): Finding {
  const name = NAMES[device.role] ?? '';
  const methods = device.resetMethods;
  const base = {
    id: `device-reset:${device.address}`,
    title: `Reset of ${name} ${device.address} (${device.vendor}:${device.device})`,
  };
  if (methods !== undefined && methods.length > 0) {
    return { ...base, level: 'ok', state: 'yes', evidence: `reset_method: ${methods.join(' ')}` };
  }
  // USB controllers are shared with no other qube anyway; for a network card it is asked.
  const usb = device.role === 'usb';
  return {
    ...base,
    level: usb ? 'inform' : 'warn',
    state: methods === undefined ? 'unknown' : 'no',
    evidence: methods === undefined ? 'reset_method cannot be read' : 'reset_method is empty',
    meaning: usb
      ? 'It will be given to sys-usb without a reset; restarting sys-usb may need a reboot.'
      : 'sys-net gets it only when you allow it: restarting sys-net may leave it in an unknown state.',
    remedy: 'A firmware update sometimes adds a reset; another card is the sure way.',
  };
}

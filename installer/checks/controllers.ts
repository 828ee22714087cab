import { type Check, type Finding } from './finding.ts';

/** Network cards and USB controllers decide which service qubes there can be. */
export const controllers: Check = {
  id: 'controllers',
  run: (hardware) => {
    const network = hardware.pci.filter((device) => device.role === 'network' || device.role === 'wireless');
    const usb = hardware.pci.filter((device) => device.role === 'usb');
    const list = (devices: readonly { readonly address: string }[]): string =>
      devices.length === 0 ? 'none' : devices.map((device) => device.address).join(', ');
    return [networkFinding(network.length, list(network)), usbFinding(usb.length, list(usb))];
  },
};

function networkFinding(count: number, evidence: string): Finding {
  const base = { id: 'network-controllers', title: 'Network cards', evidence };
  if (count > 0) return { ...base, level: 'ok', state: 'yes' };
  return {
    ...base,
    level: 'inform',
    state: 'no',
    meaning: 'sys-net will be left out; the other qubes stay without a network.',
    remedy: 'Plug in a network card and run `qube apply` later.',
  };
}

function usbFinding(count: number, evidence: string): Finding {
  const base = { id: 'usb-controllers', title: 'USB controllers', evidence };
  if (count > 1) return { ...base, level: 'ok', state: 'yes' };
  if (count === 0) {
    return { ...base, level: 'inform', state: 'no', meaning: 'sys-usb will be left out.' };
  }
  return {
    ...base,
    level: 'warn',
    state: 'yes',
    meaning: 'There is one only: a USB keyboard or disk that dom0 needs and unknown USB devices share it.',
    remedy: 'Use the built-in or a PS/2 keyboard if there is one, or add a USB controller card.',
  };
}

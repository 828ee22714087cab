import { canReset } from '../../plan/devices.ts';
import { BACK } from '../prompts.ts';
import type { Page, Wizard } from '../page.ts';

/** USB, the keyboard on it, and network cards that cannot be reset. */
export const devices: Page = {
  id: 'devices',
  title: 'USB and network devices',
  ask: async (wizard) => {
    const { prompts, draft, seen } = wizard;
    const { keyboards, pci } = seen.hardware;
    if (pci.some((device) => device.role === 'usb')) {
      const usbOnly = keyboards.length > 0 && keyboards.every((one) => one.bus === 'usb' || one.token);
      prompts.show(
        usbOnly
          ? 'The only keyboard is on USB: dom0 keeps its controller, so that you can type the passphrase.'
          : 'There is a keyboard that is not on USB: sys-usb can have every USB controller.',
      );
      const chosen = await prompts.select(
        'Who gets the USB controllers?',
        [
          { name: 'sys-usb, but for those that dom0 needs', value: 'auto' as const },
          { name: 'dom0 (every USB device can attack the whole system)', value: 'no' as const },
        ],
        draft.answers.qubes?.['sys-usb'] === 'no' ? 'no' : 'auto',
      );
      if (chosen === BACK) return BACK;
      draft.answers.qubes = { ...draft.answers.qubes, 'sys-usb': chosen };
    } else {
      prompts.show('This machine has no USB controller.');
    }
    return networkCards(wizard);
  },
};

async function networkCards({ prompts, draft, seen }: Wizard) {
  const stubborn = seen.hardware.pci.filter(
    (device) => (device.role === 'network' || device.role === 'wireless') && !canReset(device),
  );
  if (stubborn.length === 0) return 'next';
  prompts.show(
    'These network cards cannot be reset: what sys-net did to one may outlast it. Marked ones go to sys-net all the same.',
  );
  const allowed = await prompts.several(
    'Network cards for sys-net',
    stubborn.map((device) => ({
      name: `${device.address} (${device.vendor}:${device.device})`,
      value: device.address,
    })),
    draft.answers.qubes?.['allow-no-reset'] ?? [],
  );
  if (allowed === BACK) return BACK;
  draft.answers.qubes = { ...draft.answers.qubes, 'allow-no-reset': [...allowed] };
  return 'next';
}

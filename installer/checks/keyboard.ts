import type { Keyboard } from '../probe/model.ts';
import { type Check, type Finding } from './finding.ts';

/** A keyboard on USB hangs on a controller that is to leave dom0. */
export const keyboard: Check = {
  id: 'keyboard',
  run: (hardware) => [finding(hardware.keyboards.filter((one) => !one.token))],
};

function finding(keyboards: readonly Keyboard[]): Finding {
  const base = { id: 'keyboard', title: 'Keyboard' };
  const evidence =
    keyboards.length === 0 ? 'none seen' : keyboards.map((one) => `${one.name} (${one.bus})`).join(', ');
  if (keyboards.length === 0) {
    return {
      ...base,
      level: 'inform',
      state: 'no',
      evidence,
      meaning: 'Only the serial console can be used.',
    };
  }
  if (keyboards.some((one) => one.bus !== 'usb' && one.bus !== 'bluetooth')) {
    return { ...base, level: 'ok', state: 'yes', evidence };
  }
  return {
    ...base,
    level: 'inform',
    state: 'yes',
    evidence,
    meaning:
      'There are USB keyboards only: sys-usb then hands the keyboard to dom0, and could type by itself.',
    remedy: 'A PS/2 or built-in keyboard is safer, where the machine has one.',
  };
}

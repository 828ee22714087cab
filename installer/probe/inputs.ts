import { type Keyboard } from './model.ts';
import { usbControllerOf } from './pci.ts';
import { type Source, readText } from './source.ts';

const TOKENS = /yubi|nitrokey|solo ?key|onlykey|fido|u2f|security key/i;

/** Input devices that have the letters, from `/proc/bus/input/devices`. */
export async function probeKeyboards(source: Source): Promise<readonly Keyboard[]> {
  const text = (await readText(source, '/proc/bus/input/devices')) ?? '';
  return text.split(/\n\s*\n/).flatMap(keyboard);
}

function keyboard(block: string): Keyboard[] {
  const field = (pattern: RegExp): string => pattern.exec(block)?.[1]?.trim() ?? '';
  if (!hasLetters(field(/^B: KEY=(.*)$/m))) return [];
  const name = field(/^N: Name="(.*)"$/m);
  const bus = field(/^I: Bus=([0-9a-fA-F]{4})/m);
  return [
    {
      name,
      bus: bus === '0003' ? 'usb' : bus === '0011' ? 'ps2' : bus === '0005' ? 'bluetooth' : 'other',
      usbController: usbControllerOf(`/sys${field(/^S: Sysfs=(.*)$/m)}`),
      token: TOKENS.test(name),
    },
  ];
}

/** udev's test for ID_INPUT_KEYBOARD: all of the keys 1 to 31 (Escape to S). */
function hasLetters(bitmap: string): boolean {
  const lowest = bitmap.split(/\s+/).at(-1) ?? '';
  if (!/^[0-9a-f]+$/i.test(lowest)) return false;
  return (BigInt(`0x${lowest}`) & 0xffff_fffen) === 0xffff_fffen;
}

import { describe, expect, it } from 'vitest';
import { showChoices } from '../../../installer/plan/show.ts';
import { planFor } from './plans.ts';

type Change = NonNullable<Parameters<typeof planFor>[0]>;

/** What the review says of the USB controllers. */
async function usb(change: Change): Promise<string | undefined> {
  const { context } = await planFor(change);
  return showChoices(context)
    .find((line) => line.trim().startsWith('USB'))
    ?.replace(/ *USB */, '');
}

const { hardware } = (await planFor()).context;
const [first] = hardware.pci.filter(({ role }) => role === 'usb');
if (first === undefined) throw new Error('the machine of the tests has a USB controller');
const others = hardware.pci.filter(({ role }) => role !== 'usb');
const second = { ...first, address: '0000:05:00.0' };
const keyboard = { name: 'K', bus: 'usb' as const, usbController: second.address, token: false };

const CASES: readonly (readonly [name: string, change: Change, expected: string])[] = [
  ['no controller', { hardware: { pci: others } }, 'no controller'],
  ['one', { hardware: { pci: [...others, first], keyboards: [] } }, 'sys-usb'],
  [
    'one that dom0 needs for the keyboard',
    { hardware: { pci: [...others, second], keyboards: [keyboard] } },
    'dom0',
  ],
  [
    'two, of which dom0 needs one',
    { hardware: { pci: [...others, first, second], keyboards: [keyboard] } },
    `sys-usb has ${first.address}; dom0 keeps 0000:05:00.0`,
  ],
  ['no sys-usb', { answers: { qubes: { 'sys-usb': 'no' } }, hardware: { keyboards: [] } }, 'dom0'],
];

describe('the review names who gets the USB controllers', () => {
  it.each(CASES)('%s', async (_, change, expected) => {
    expect(await usb(change)).toBe(expected);
  });
});

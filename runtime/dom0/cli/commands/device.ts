import { AppError } from '../../../../core/errors.ts';
import { listPci } from '../../machine/pci.ts';
import { matchingDevices } from '../../model/devices.ts';
import { openContext } from '../../qubes/context.ts';
import { result } from '../command.ts';
import { table } from '../table.ts';
import type { QubeCommand } from '../command.ts';

const CLASSES: readonly (readonly [string, string])[] = [
  ['02', 'network'],
  ['0c03', 'usb'],
  ['03', 'display'],
  ['04', 'audio'],
  ['01', 'storage'],
];

export const deviceCommand: QubeCommand = {
  name: 'device',
  usage: 'device list',
  summary: 'PCI devices: whose they are, and whether they can be reset',
  words: { min: 1, max: 1 },
  run: async ({ machine, sink, file, words }) => {
    if (words[0] !== 'list') throw unknown(words[0] ?? '');
    const { qubes } = await openContext(machine, sink, file);
    const pci = await listPci(machine);
    const rows = pci.map((device) => {
      const owner = [...qubes.values()].find(({ devices }) =>
        devices.some((request) => matchingDevices(request, [device]).length > 0),
      );
      const [, kind = 'other'] = CLASSES.find(([prefix]) => device.class.startsWith(prefix)) ?? [];
      return { ...device, kind, owner: owner?.name };
    });
    const text = table(
      ['ADDRESS', 'KIND', 'CLASS', 'RESET', 'DRIVER', 'QUBE'],
      rows.map((row) => [
        row.address,
        row.kind,
        row.class,
        row.resets.length === 0 ? 'none' : row.resets.join(','),
        row.driver ?? '-',
        row.owner ?? 'dom0',
      ]),
    );
    result(sink, 'devices', rows, text);
    return 0;
  },
};

function unknown(word: string): AppError {
  return new AppError({
    kind: 'usage',
    code: 'device.word',
    what: 'that is nothing that can be done with devices',
    expected: 'list',
    got: word,
    next: 'qube device list',
  });
}

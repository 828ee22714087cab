import { listPci } from '../../machine/pci.ts';
import { checkQubes, findingText } from '../../model/check.ts';
import { readSource } from '../../qubes/context.ts';
import { result } from '../command.ts';
import type { QubeCommand } from '../command.ts';

export const checkCommand: QubeCommand = {
  name: 'check',
  usage: 'check [--no-machine]',
  summary: 'name everything in the file that is wrong or breaks isolation',
  options: { 'no-machine': { type: 'boolean' } },
  words: { min: 0, max: 0 },
  run: async ({ machine, sink, file, flags }) => {
    const source = await readSource(machine, file);
    const pci = flags['no-machine'] === true ? undefined : await listPci(machine);
    const findings = checkQubes(source, pci);
    const text = findings.length === 0 ? `${file}: sound` : findings.map(findingText).join('\n');
    result(sink, 'findings', findings, text);
    return findings.length === 0 ? 0 : 2;
  },
};

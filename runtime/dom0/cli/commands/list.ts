import { formatBytes } from '../../../../core/bytes.ts';
import { listQubes, listRevisions } from '../../qubes/list.ts';
import { openContext } from '../../qubes/context.ts';
import { table } from '../table.ts';
import { result } from '../command.ts';
import type { QubeCommand } from '../command.ts';

export const listCommand: QubeCommand = {
  name: 'list',
  usage: 'list [NAME --revisions]',
  summary: 'the qubes: state, memory, netvm, address',
  options: { revisions: { type: 'boolean' } },
  words: { min: 0, max: 1 },
  run: async ({ machine, sink, file, flags, words }) => {
    const context = await openContext(machine, sink, file);
    const [name] = words;
    if (flags['revisions'] === true && name !== undefined) {
      const revisions = await listRevisions(context, name);
      result(sink, 'revisions', revisions, revisions.join('\n'));
      return 0;
    }
    const rows = (await listQubes(context)).filter((row) => name === undefined || row.name === name);
    const text = table(
      ['NAME', 'KIND', 'LABEL', 'STATE', 'MEMORY', 'NETVM', 'ADDRESS'],
      rows.map((row) => [
        row.name,
        row.kind,
        row.label,
        row.state,
        row.memory === undefined ? '-' : formatBytes(row.memory),
        row.netvm ?? 'none',
        row.address ?? '-',
      ]),
    );
    result(sink, 'qubes', rows, text);
    return 0;
  },
};

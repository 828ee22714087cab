import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { qubesFile } from '../../../installer/plan/qubes.ts';
import { checkQubes } from '../../../runtime/dom0/model/check.ts';
import { resolveQubes, type Qube } from '../../../runtime/dom0/model/resolve.ts';
import { parseQubes } from '../../../runtime/dom0/model/source.ts';
import { GOOD_XEN } from './machines.ts';
import { planFor } from './plans.ts';

type Change = NonNullable<Parameters<typeof planFor>[0]>;

async function written(change: Change = {}): Promise<string> {
  return qubesFile((await planFor(change)).context);
}

const WITHOUT_DEVICES = (qube: Qube): Qube => ({ ...qube, devices: [] });

describe('the qubes that the installer writes', () => {
  it('break no rule of `qube check`', async () => {
    expect(checkQubes(parseQubes(await written(), 'qubes.yaml'))).toEqual([]);
  });

  it('are those of the published example, but for the devices of this machine', async () => {
    const example = await readFile('recipes/qubes/default.yaml', 'utf8');
    const [ours, theirs] = [await written(), example].map((text) =>
      [...resolveQubes(parseQubes(text, 'qubes.yaml').file).values()].map(WITHOUT_DEVICES),
    );
    const fixed = (qube: Qube): boolean =>
      qube.kind === 'ServiceVM' || qube.isolated || qube.disposableTemplate;
    expect(ours?.filter(fixed)).toEqual(theirs?.filter(fixed));
    expect(ours?.map(({ name }) => name).sort()).toEqual(theirs?.map(({ name }) => name).sort());
  });

  it('run as pv where the processor has no nested paging, or where the answers say so', async () => {
    const virt = async (change: Change): Promise<unknown> =>
      (parse(await written(change)) as { defaults: { virt?: string } }).defaults.virt;
    expect(await virt({})).toBeUndefined();
    expect(await virt({ answers: { qubes: { virt: 'pv' } } })).toBe('pv');
    const commands = {
      ...GOOD_XEN.commands,
      'xl info': 'total_memory : 32541\nvirt_caps : pv hvm hvm_directio\n',
    };
    const machine = { ...GOOD_XEN, commands };
    expect(await virt({ machine })).toBe('pv');
    expect(await virt({ machine, answers: { qubes: { virt: 'pvh' } } })).toBeUndefined();
  });

  it('start at boot when the answers say so, in that order, after the service qubes', async () => {
    const qubes = { autostart: ['work', 'personal'] };
    const { qubes: entries } = parse(await written({ answers: { qubes } })) as {
      qubes: Record<string, { autostart?: number }>;
    };
    const order = Object.entries(entries)
      .filter(([, { autostart }]) => autostart !== undefined)
      .sort(([, a], [, b]) => (a.autostart ?? 0) - (b.autostart ?? 0));
    expect(order.map(([name]) => name).slice(-3)).toEqual(['sys-firewall', 'work', 'personal']);
  });

  it('must be known to be started', async () => {
    const answers = { qubes: { autostart: ['wrok'] } };
    await expect(planFor({ answers })).rejects.toMatchObject({ code: 'answers.autostart', got: 'wrok' });
  });
});

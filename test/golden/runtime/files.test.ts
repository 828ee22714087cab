import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GIB } from '../../../core/bytes.ts';
import { soundQubes } from '../../../runtime/dom0/model/check.ts';
import { firewallFacts, guestFacts, networkFacts } from '../../../runtime/dom0/model/facts.ts';
import { advance } from '../../../runtime/dom0/model/plan/advance.ts';
import { planApply } from '../../../runtime/dom0/model/plan/apply.ts';
import { rulesetOf } from '../../../runtime/dom0/model/plan/network.ts';
import { qubesJsonSchema } from '../../../runtime/dom0/model/schema.ts';
import { parseQubes } from '../../../runtime/dom0/model/source.ts';
import { describeStep } from '../../../runtime/dom0/model/steps.ts';
import { xlConfig, xlInterface } from '../../../runtime/dom0/model/xl-config.ts';
import type { Observed } from '../../../runtime/dom0/model/observed.ts';

const HERE = import.meta.dirname;

/** Compares with a committed file; `UPDATE_GOLDEN=1` writes it. */
function golden(path: string, text: string): void {
  const file = join(HERE, path);
  if (process.env['UPDATE_GOLDEN'] === '1') {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  expect(text).toBe(readFileSync(file, 'utf8'));
}

const DEFAULT = soundQubes(parseQubes(readFileSync('recipes/qubes/default.yaml', 'utf8'), 'default.yaml'));

const FRESH: Observed = {
  volumes: [{ qube: 'debian-13', role: 'root', form: 'base', bytes: 2 * GIB }],
  running: new Map(),
  numbers: {},
  startedSinceBoot: new Set(),
  pool: { data: 3, metadata: 1 },
};

describe('files of the runtime', () => {
  it('publishes the schema of qubes.yaml', () => {
    const file = 'docs/schema/qubes.schema.json';
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, JSON.stringify(qubesJsonSchema()));
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(qubesJsonSchema());
  });

  it('plans the default qubes on a fresh machine', () => {
    const { steps, notes } = planApply(DEFAULT, FRESH);
    golden('files/default-plan.txt', `${steps.map(describeStep).join('\n')}\n`);
    expect(notes).toEqual([]);
  });

  const state = advance(FRESH, planApply(DEFAULT, FRESH).steps);

  it.each(['sys-net', 'sys-firewall'])('writes the rules of %s', (name) => {
    golden(`files/${name}.nft`, rulesetOf(DEFAULT.get(name)!, DEFAULT, state));
  });

  it('writes the rules of a qube that says what it may reach', () => {
    const text = readFileSync(join(HERE, 'files/firewall.yaml'), 'utf8');
    const qubes = soundQubes(parseQubes(text, 'firewall.yaml'));
    const numbers = { fw: 1, app: 2, 'no-dns': 3 };
    golden('files/firewall.nft', rulesetOf(qubes.get('fw')!, qubes, { ...FRESH, numbers }));
  });

  it('gives no chain of nftables the name of a keyword', () => {
    const scripts = ['nft/base.nft', 'lib/dns', 'lib/network-up', 'lib/vif-qube'];
    const texts = scripts.map((name) => readFileSync(join('runtime/guest', name), 'utf8'));
    const rules = [...texts, rulesetOf(DEFAULT.get('sys-net')!, DEFAULT, state)].join('\n');
    const names = [...rules.matchAll(/^ *chain (\S+) \{/gm)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(5);
    const keywords = [
      'redirect',
      'masquerade',
      'fwd',
      'snat',
      'dnat',
      'drop',
      'accept',
      'reject',
      'dup',
      'log',
    ];
    expect(names.filter((name) => keywords.includes(name ?? ''))).toEqual([]);
  });

  it.each(['personal', 'sys-net', 'vault'])('writes the domain of %s', (name) => {
    const qube = DEFAULT.get(name)!;
    const boot = {
      kernel: '/k/vmlinuz',
      initrd: '/k/initrd.img',
      root: `/dev/vg/qube.${name}.root.run`,
      private: `/dev/vg/qube.${name}.private`,
      volatile: `/dev/mapper/qube.${name}.volatile`,
      devices: name === 'sys-net' ? ['0000:00:05.0'] : [],
      processors: name === 'vault' ? 1 : 4,
      interface: name === 'personal' ? ['mac=00:16:3e:89:00:06', 'backend=sys-firewall'] : undefined,
    };
    golden(`files/${name}.xl`, xlConfig(qube, boot));
  });

  it('tells a guest its facts', () => {
    const personal = DEFAULT.get('personal')!;
    const facts = {
      ...guestFacts(personal, 'Europe/Berlin', state.numbers),
      ...networkFacts(personal, 'sys-firewall', state.numbers),
    };
    golden('files/personal.facts.json', `${JSON.stringify(facts, null, 2)}\n`);
    expect(xlInterface({ ip: '10.137.0.5', mac: '00:16:3e:89:00:05' }, 'sys-firewall')).toEqual([
      'mac=00:16:3e:89:00:05',
      'ip=10.137.0.5',
      'backend=sys-firewall',
      'script=vif-qube',
    ]);
    expect(Object.values(networkFacts(DEFAULT.get('vault')!, undefined, state.numbers))).toEqual([
      '',
      '',
      '',
    ]);
  });

  it('cuts a ruleset into facts that fit the Xen store and join to the same text', () => {
    const ruleset = rulesetOf(DEFAULT.get('sys-firewall')!, DEFAULT, state).repeat(20);
    const facts = firewallFacts(ruleset);
    const count = Number(facts['firewall/count']);
    const chunks = Array.from({ length: count }, (_, index) => facts[`firewall/${index}`] ?? '');
    expect(`${chunks.join('\n')}\n`.trimEnd()).toBe(ruleset.trimEnd());
    expect(Math.max(...chunks.map((chunk) => chunk.length))).toBeLessThanOrEqual(1500);
    expect(count).toBeGreaterThan(1);
    expect(Object.keys(facts).at(-1)).toBe('firewall/digest');
  });
});

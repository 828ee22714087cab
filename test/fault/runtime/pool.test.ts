import { beforeEach, describe, expect, it } from 'vitest';
import { GIB } from '../../../core/bytes.ts';
import { program } from '../../../runtime/dom0/cli/program.ts';
import { PATHS } from '../../../runtime/dom0/machine/paths.ts';
import { MemoryMachine } from '../../support/memory-machine.ts';

const QUBES = `version: 1
storage: { driver: lvm-thin, group: vg, pool: pool }
defaults: { template: tpl }
qubes:
  tpl: { kind: TemplateVM, label: black }
  app: { kind: AppVM, label: red, netvm: none }
`;

let memory: MemoryMachine;
let out: string;
let err: string;

function qube(...argv: string[]): Promise<number> {
  [out, err] = ['', ''];
  return program(argv, memory.machine, {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
  });
}

beforeEach(() => {
  memory = new MemoryMachine();
  memory.texts.set(PATHS.qubes, QUBES);
  memory.volumes.set('tpl.root', GIB);
});

describe('a pool that fills up', () => {
  it('is no news below 80 %', async () => {
    memory.pool = { data: 79.4, metadata: 12 };
    expect(await qube('pool')).toBe(0);
    expect([out, err]).toEqual(['data 79 %, metadata 12 %\n', '']);
    expect(await qube('start', 'app')).toBe(0);
    expect(err).not.toContain('full');
  });

  it.each([
    ['data', { data: 80, metadata: 1 }],
    ['metadata', { data: 3, metadata: 93 }],
  ])('is an alarm from 80 %% of its %s on, wherever a person looks', async (what, pool) => {
    memory.pool = pool;
    const alarm = new RegExp(`the pool's ${what} is \\d+ % full: remove data or grow the pool`);
    expect(await qube('pool')).toBe(5);
    expect(err).toMatch(alarm);
    expect(err).toContain('next:');
    for (const argv of [['apply'], ['start', 'app']]) {
      expect(await qube(...argv)).toBe(0);
      expect(out + err).toMatch(alarm);
    }
  });
});

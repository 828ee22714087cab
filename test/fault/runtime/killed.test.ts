import { beforeEach, describe, expect, it } from 'vitest';
import { GIB } from '../../../core/bytes.ts';
import { program } from '../../../runtime/dom0/cli/program.ts';
import { PATHS } from '../../../runtime/dom0/machine/paths.ts';
import { MemoryMachine } from '../../support/memory-machine.ts';

const QUBES = `version: 1
storage: { driver: lvm-thin, group: vg, pool: pool }
defaults: { template: tpl, netvm: fw, volumes: { root: 2GiB, private: 1GiB, volatile: 1GiB } }
qubes:
  tpl: { kind: TemplateVM, label: black }
  net: { kind: ServiceVM, label: red, provides-network: true, autostart: 1 }
  fw: { kind: ServiceVM, label: green, netvm: net, provides-network: true, disposable: true, autostart: 2 }
  app: { kind: AppVM, label: red, autostart: 3 }
  secret: { kind: AppVM, label: black, netvm: none, encrypt-private: true }
  dvm: { kind: AppVM, label: red, disposable-template: true }
  alone: { kind: StandaloneVM, label: blue, netvm: none }
`;

let output: string[];

function dom0(): MemoryMachine {
  const memory = new MemoryMachine();
  memory.texts.set(PATHS.qubes, QUBES);
  memory.volumes.set('tpl.root', GIB);
  return memory;
}

function qube(memory: MemoryMachine, ...argv: string[]): Promise<number> {
  const keep = (text: string): void => void output.push(text);
  return program(argv, memory.machine, { out: keep, err: keep });
}

/** A former life of the machine, as far as `prepare`, before the command that is killed. */
async function prepared(prepare: readonly string[][]): Promise<MemoryMachine> {
  const memory = dom0();
  for (const argv of prepare) expect(await qube(memory, ...argv), output.join('')).toBe(0);
  return memory;
}

beforeEach(() => {
  output = [];
});

const SCENES: readonly { name: string; prepare: string[][]; argv: string[] }[] = [
  { name: 'the first apply', prepare: [], argv: ['apply'] },
  { name: 'the start of a chain', prepare: [['apply']], argv: ['start', 'app'] },
  { name: 'the stop of an AppVM', prepare: [['start', 'app']], argv: ['stop', 'app'] },
  { name: 'the stop of a template', prepare: [['start', 'tpl']], argv: ['stop', 'tpl'] },
  { name: 'the stop of a standalone qube', prepare: [['start', 'alone']], argv: ['stop', 'alone'] },
  { name: 'a boot', prepare: [['apply']], argv: ['apply', '--start'] },
  { name: 'an encrypted qube', prepare: [['apply']], argv: ['start', 'secret'] },
];

describe.each(SCENES)('$name, killed at any moment', ({ prepare, argv }) => {
  it('ends, when run again, where it would have ended', async () => {
    const former = await prepared(prepare);
    const whole = former.copy();
    expect(await qube(whole, ...argv), output.join('')).toBe(0);
    for (let fuel = 0; ; fuel += 1) {
      const memory = former.copy();
      memory.fuel = fuel;
      const finished = (await qube(memory, ...argv)) === 0;
      memory.fuel = Infinity;
      expect(await qube(memory, 'reconcile'), output.join('')).toBe(0);
      expect(await qube(memory, ...argv), output.join('')).toBe(0);
      expect(memory.lasting).toEqual(whole.lasting);
      if (finished) break;
      expect(fuel).toBeLessThan(500);
    }
  });

  it('loses, with the power, nothing that was kept, and leaves nothing that was not', async () => {
    const former = await prepared(prepare);
    for (let fuel = 0; ; fuel += 1) {
      const memory = former.copy();
      memory.fuel = fuel;
      const finished = (await qube(memory, ...argv)) === 0;
      memory.fuel = Infinity;
      memory.cutPower();
      expect(await qube(memory, 'apply'), output.join('')).toBe(0);
      const names = [...memory.volumes.keys()];
      expect(names.filter((name) => /\.(run|new)$|volatile|^disp-|^fw\./.test(name))).toEqual([]);
      expect(names).toEqual(
        expect.arrayContaining(['tpl.root', 'alone.root', 'app.private', 'secret.private']),
      );
      output = [];
      expect(await qube(memory, 'apply', '--dry-run')).toBe(0);
      expect(output.join('')).toMatch(/^nothing to do/);
      if (finished) break;
    }
  });
});

describe('a disposable', () => {
  it('leaves nothing when it is closed', async () => {
    const memory = await prepared([['apply'], ['start', 'fw']]);
    const before = memory.lasting;
    expect(await qube(memory, 'run', 'dvm', '--disposable', '--', 'true'), output.join('')).toBe(0);
    expect(memory.commands.some((line) => line.includes('qube.disp-1.private.run'))).toBe(true);
    expect(await qube(memory, 'apply')).toBe(0);
    expect(memory.lasting).toEqual(before);
  });

  it('leaves nothing when the power is cut at any moment', async () => {
    const former = await prepared([['apply'], ['start', 'fw']]);
    for (let fuel = 0; fuel < 60; fuel += 1) {
      const memory = former.copy();
      memory.fuel = fuel;
      await qube(memory, 'run', 'dvm', '--disposable', '--', 'true');
      memory.fuel = Infinity;
      memory.cutPower();
      expect(await qube(memory, 'apply'), output.join('')).toBe(0);
      expect(JSON.stringify(memory.lasting)).not.toContain('disp-');
    }
  });
});

describe('a disposable whose owner was killed', () => {
  const disposable = { id: 9, paused: false };

  it.each(['apply', 'reconcile'])('is ended by `qube %s`', async (command) => {
    const memory = await prepared([['apply'], ['start', 'fw']]);
    const before = memory.lasting;
    memory.domains.set('disp-1', disposable);
    memory.volumes.set('disp-1.private.run', GIB);
    expect(await qube(memory, command), output.join('')).toBe(0);
    expect(memory.lasting).toEqual(before);
  });

  it('stays while somebody has it', async () => {
    const memory = await prepared([['apply'], ['start', 'fw']]);
    memory.domains.set('disp-1', disposable);
    memory.locked.add(`${PATHS.locks}/disp-1`);
    expect(await qube(memory, 'reconcile'), output.join('')).toBe(0);
    expect(memory.domains.has('disp-1')).toBe(true);
  });
});

describe('a guest that does not say that it is ready', () => {
  it('is given up after the patience when it does nothing', async () => {
    const memory = await prepared([['apply']]);
    memory.mute.add('net');
    expect(await qube(memory, 'start', 'net', '--wait', '100')).toBe(5);
    const [, waited = ''] = /within (\d+) s/.exec(output.join('')) ?? [];
    expect(Number(waited)).toBeGreaterThanOrEqual(100);
    expect(Number(waited)).toBeLessThan(200);
    expect(memory.domains.has('net')).toBe(true);
  });

  it('has more time when it works, but not for ever', async () => {
    const memory = await prepared([['apply']]);
    memory.mute.add('net');
    memory.work = 0.5;
    expect(await qube(memory, 'start', 'net', '--wait', '100')).toBe(5);
    const [, waited = ''] = /within (\d+) s/.exec(output.join('')) ?? [];
    expect(Number(waited)).toBeGreaterThanOrEqual(1000);
    expect(Number(waited)).toBeLessThan(1100);
  });

  it('is looked at less and less often, since each look takes the processor from it', async () => {
    const memory = await prepared([['apply']]);
    memory.mute.add('net');
    memory.work = 0.5;
    expect(await qube(memory, 'start', 'net', '--wait', '180')).toBe(5);
    const looks = memory.commands.filter((command) => command === 'xl list').length;
    expect(looks).toBeLessThan(20);
  });

  it('can be used once it did, by starting it again', async () => {
    const memory = await prepared([['apply']]);
    memory.mute.add('net');
    expect(await qube(memory, 'start', 'net', '--wait', '100')).toBe(5);
    memory.mute.clear();
    const { id } = memory.domains.get('net')!;
    memory.commands.length = 0;
    expect(await qube(memory, 'start', 'net'), output.join('')).toBe(0);
    expect(memory.domains.get('net')!.id).toBe(id);
    expect(memory.commands).toContain('systemctl --no-ask-password start qubeforge-vchan@net.service');
  });
});

describe('a service qube that dies', () => {
  it('comes back, and those behind it are attached to it anew', async () => {
    const memory = await prepared([['apply'], ['start', 'app']]);
    const { id: former } = memory.domains.get('net')!;
    memory.domains.delete('net');
    memory.commands.length = 0;
    expect(await qube(memory, 'start', 'net')).toBe(0);
    memory.domains.delete('net');
    expect(await qube(memory, 'reconcile'), output.join('')).toBe(0);
    expect(memory.domains.get('net')!.id).toBeGreaterThan(former);
    const attached = memory.commands.filter((line) => line.startsWith('xl network-attach'));
    expect(attached.at(-1)).toContain(`network-attach ${memory.domains.get('fw')!.id} `);
  });

  it('stays down when it was stopped on purpose', async () => {
    const memory = await prepared([['apply'], ['start', 'net'], ['stop', 'net']]);
    expect(await qube(memory, 'reconcile')).toBe(0);
    expect(memory.domains.has('net')).toBe(false);
  });
});

describe('a channel that does not open in time', () => {
  const attaches = (memory: MemoryMachine): readonly string[] =>
    memory.commands.filter((line) => line.startsWith('xl network-attach'));

  it('is waited for again, as its service tries again', async () => {
    const memory = await prepared([['apply'], ['start', 'app']]);
    memory.domains.delete('net');
    memory.commands.length = 0;
    memory.failingChannels = 2;
    expect(await qube(memory, 'reconcile'), output.join('')).toBe(0);
    expect(memory.commands.filter((line) => line.includes('qubeforge-vchan@net'))).toEqual([
      'systemctl --no-ask-password stop qubeforge-vchan@net.service',
      'systemctl --no-ask-password restart --no-block qubeforge-vchan@net.service',
      'systemctl --no-ask-password start qubeforge-vchan@net.service',
      'systemctl --no-ask-password start qubeforge-vchan@net.service',
      'systemctl --no-ask-password start qubeforge-vchan@net.service',
    ]);
    expect(attaches(memory)).toHaveLength(1);
  });

  it('is not asked for when it is open by the time that the guest can be used', async () => {
    const memory = await prepared([['apply']]);
    memory.commands.length = 0;
    expect(await qube(memory, 'start', 'net'), output.join('')).toBe(0);
    expect(memory.commands.filter((line) => line.includes('qubeforge-vchan@net'))).toEqual([
      'systemctl --no-ask-password restart --no-block qubeforge-vchan@net.service',
    ]);
  });

  it('is not taken for open because of what an earlier domain left', async () => {
    const memory = await prepared([['apply'], ['start', 'net']]);
    memory.domains.delete('net');
    memory.failingChannels = 1;
    memory.commands.length = 0;
    expect(await qube(memory, 'start', 'net'), output.join('')).toBe(0);
    expect(
      memory.commands.filter((line) => line.includes(' start ') && line.includes('vchan@net')),
    ).toHaveLength(2);
  });

  it('fails the revival in the end, and the next one takes the qube up with those behind it', async () => {
    const memory = await prepared([['apply'], ['start', 'app']]);
    memory.domains.delete('net');
    memory.failingChannels = 100;
    memory.commands.length = 0;
    expect(await qube(memory, 'reconcile')).not.toBe(0);
    expect(attaches(memory)).toEqual([]);
    const { id } = memory.domains.get('net')!;
    memory.failingChannels = 0;
    expect(await qube(memory, 'reconcile'), output.join('')).toBe(0);
    expect(memory.domains.get('net')!.id).toBe(id);
    expect(attaches(memory)).toHaveLength(1);
    output = [];
    expect(await qube(memory, 'list')).toBe(0);
    expect(output.join('')).toMatch(/^net .* running /m);
  });

  it('does not keep dom0 waiting for a guest that is stuck', async () => {
    const memory = await prepared([['apply']]);
    memory.mute.add('net');
    expect(await qube(memory, 'start', 'net', '--wait', '100')).toBe(5);
    const before = memory.machine.now();
    expect(await qube(memory, 'reconcile', '--wait', '100'), output.join('')).toBe(0);
    expect(memory.machine.now() - before).toBeLessThan(100_000);
  });
});

describe('what nobody asked for', () => {
  it('a dry run and a list change nothing', async () => {
    const memory = dom0();
    memory.fuel = 0;
    expect(await qube(memory, 'apply', '--dry-run')).toBe(0);
    expect(await qube(memory, 'list')).toBe(0);
    expect(memory.commands).toEqual([]);
  });

  it('data goes only when its name is typed', async () => {
    const memory = await prepared([['apply'], ['remove', 'app']]);
    expect(memory.volumes.has('app.private')).toBe(true);
    expect(await qube(memory, 'apply')).toBe(0);
    expect(memory.volumes.has('app.private')).toBe(true);
    expect(await qube(memory, 'apply', '--prune', 'app')).toBe(0);
    expect(memory.volumes.has('app.private')).toBe(false);
    expect(await qube(memory, 'remove', 'alone', '--prune', 'secret')).toBe(2);
    expect(memory.volumes.has('alone.root')).toBe(true);
  });
});

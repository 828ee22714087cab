import { describe, expect, it } from 'vitest';
import { VERSION } from '../../../core/version.ts';
import { parseArguments } from '../../../installer/cli/args.ts';
import { world } from './world.ts';
import { GOOD_BARE, vary } from './machines.ts';

describe('qubeforge-install', () => {
  it('check ends with 0 on a good machine and with 6 when something blocks', async () => {
    expect(await world(GOOD_BARE).type('check')).toMatchObject({ code: 0 });
    const none = vary(GOOD_BARE, { files: { '/proc/meminfo': 'MemTotal: 1000 kB' } });
    expect(await world(none).type('check')).toMatchObject({
      code: 6,
      out: expect.stringContaining('BLOCKED') as string,
    });
  });

  it('check --json is one event on one line', async () => {
    const { out } = await world(GOOD_BARE).type('check', '--json');
    expect(out.trimEnd()).not.toContain('\n');
    expect(JSON.parse(out)).toMatchObject({
      type: 'result',
      name: 'check',
      value: { hardware: { environment: 'bare' } },
    });
  });

  it('a recorded machine replays to the same findings elsewhere', async () => {
    const here = world(GOOD_BARE);
    const first = await here.type('check', '--json', '--record', '/rec');
    const there = world({});
    there.files.set('/rec/machine.json', here.files.get('/rec/machine.json') ?? '');
    expect((await there.type('check', '--json', '--from', '/rec')).out).toBe(first.out);
  });

  it.each(['', '{', '[]', '{"format":"other","answers":{}}'])('refuses the recording %j', async (text) => {
    const { type, files } = world({});
    files.set('/rec/machine.json', text);
    await expect(type('check', '--from', '/rec')).rejects.toMatchObject({
      code: 'machine.recording',
      kind: 'usage',
    });
  });

  it.each(['--version', 'version'])('%s is one line', async (word) => {
    const { out } = await world(GOOD_BARE).type(word);
    expect(out).toBe(`qubeforge-install ${VERSION}\n`);
  });

  it('report names no serial number, label or disk path', async () => {
    const { out } = await world(GOOD_BARE).type('report');
    expect(out).toContain('model: Samsung');
    expect(out).not.toMatch(/S4DISK|nvme0n1/);
  });

  it.each([
    [['nonsense'], /no command "nonsense"/],
    [['check', 'twice'], /Too many arguments/],
    [['check', '--erase', 'X'], /check does not take --erase/],
    [['check', '--nope'], /--nope/],
    [['--help', '--version'], /help does not take --version/],
    [['install', '--secrets-fd', '1'], /number of an open file descriptor/],
  ])('%j is a usage error', (argv, message) => {
    expect(() => parseArguments(argv)).toThrow(message);
  });
});

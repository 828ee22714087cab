import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { AppError, describeError } from '../../../core/errors.ts';
import { Secret } from '../../../core/secret.ts';
import { answersJsonSchema, answersSchema } from '../../../installer/plan/answers.ts';
import { assertErase, chooseDisk } from '../../../installer/plan/choose-disk.ts';
import { parseAnswers, parseSecrets } from '../../../installer/plan/parse-answers.ts';
import { answersFile } from '../../../installer/plan/print-answers.ts';
import { assertStrong, strengthOf } from '../../../installer/plan/strength.ts';
import { DISK, planFor } from './plans.ts';

const LEAST = 'version: 1\ndisk: {serial: X}\n';

function failure(work: () => unknown): AppError {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('answers', () => {
  it('need a version and a disk, and have a default for everything else', () => {
    expect(parseAnswers(LEAST, 'a.yaml')).toMatchObject({
      language: 'en_US.UTF-8',
      storage: { scheme: 'lvm-thin', encryption: 'luks2', 'recovery-key': true },
      disk: { pick: 'only' },
      overrides: [],
    });
  });

  it.each([
    ['unknown key', `${LEAST}colour: red\n`, /line 3: .*colour/],
    ['unknown key inside', `${LEAST}user:\n  name: me\n  shell: zsh\n`, /line 5: user: .*shell/],
    ['wrong type', `${LEAST}templates: 7\n`, /line 3: templates/],
    ['bad host name', `${LEAST}hostname: -x-\n`, /hostname: expected letters/],
    ['root as user', `${LEAST}user: {name: root}\n`, /user.name: root is locked/],
    ['options that break out of a quote', `${LEAST}boot: {xen-options: ['a b']}\n`, /xen-options/],
    ['no YAML', 'version: [', /line 1/],
    ['twice the same key', `${LEAST}version: 1\n`, /unique/i],
    ['empty', '', /line 1/],
    ['a list', '- a\n', /line 1/],
  ])('with %s are refused with the line', (_, text, message) => {
    const error = failure(() => parseAnswers(text, 'a.yaml'));
    expect(error).toMatchObject({ kind: 'usage', code: 'answers.invalid', where: 'a.yaml' });
    expect(error.got).toMatch(message);
  });

  it('tell of all faults at once', () => {
    expect(failure(() => parseAnswers('version: 2\nhostname: "?"\n', 'a')).got?.split('\n')).toHaveLength(3);
  });

  it('without encryption must say so in words', () => {
    const text = `${LEAST}storage: {encryption: none}\n`;
    expect(failure(() => parseAnswers(text, 'a')).code).toBe('answers.unencrypted');
  });

  it('kept on the target are the same answers again, with the disk that was found', async () => {
    const { context } = await planFor({ answers: { hostname: 'desk', disk: { pick: 'largest' } } });
    const again = parseAnswers(answersFile(context), 'kept');
    expect(again).toEqual({ ...context.answers, disk: { serial: 'S4DISK', pick: 'only' } });
  });

  it('have the published schema', async () => {
    const text = `${JSON.stringify(answersJsonSchema(), undefined, 2)}\n`;
    expect(await readFile('docs/schema/answers.schema.json', 'utf8')).toBe(text);
  });
});

describe('secrets', () => {
  it('print as dots', () => {
    const secrets = parseSecrets('passphrase: correct horse\nuser-password: "1234"\n', 's');
    expect(JSON.stringify(secrets)).not.toMatch(/horse|1234/);
    expect(secrets.passphrase?.reveal()).toBe('correct horse');
  });

  it.each(['passphrase: hunter2\nother: hunter2', 'passphrase: [hunter2', 'passphrase: {hunter2: hunter2}'])(
    'are in no error message: %j',
    (text) => {
      expect(describeError(failure(() => parseSecrets(text, 's')))).not.toContain('hunter2');
    },
  );
});

describe('passphrase', () => {
  it.each(['password', 'qwertyuiop', 'aaaaaaaaaaaaaaaaaaaa', 'Tr0ub4dor', '12345678901234567890', ''])(
    '%j is too weak',
    (text) => {
      expect(
        failure(() => {
          assertStrong(new Secret(text), []);
        }),
      ).toMatchObject({ code: 'passphrase.weak', kind: 'usage' });
    },
  );

  it.each(['correct horse battery staple', 'vu7cnrdkghetbli', 'Schwerpunkt 3 Lampen am Fluss'])(
    '%j is enough',
    (text) => {
      expect(strengthOf(new Secret(text)).enough).toBe(true);
    },
  );

  it('does not grow by the names of the user', () => {
    const about = strengthOf(new Secret('maximilianmustermann'), ['maximilianmustermann']);
    expect(about.enough).toBe(false);
  });
});

describe('the disk', () => {
  const match = (text: object) => answersSchema.parse({ version: 1, disk: text }).disk;
  const disks = [
    { ...DISK, path: '/dev/sda', serial: 'A', model: 'WD Blue', sizeBytes: 500e9 },
    { ...DISK, path: '/dev/sdb', serial: 'B', model: 'WD Red', sizeBytes: 900e9 },
    { ...DISK, path: '/dev/sdc', serial: 'C', model: 'Stick', sizeBytes: 8e9, transport: 'usb' },
    { ...DISK, path: '/dev/sdd', serial: 'D', model: 'Live', sizeBytes: 100e9, inUse: true },
  ];

  it.each([
    [{ serial: 'B' }, 'B'],
    [{ model: 'WD R*' }, 'B'],
    [{ path: '/dev/sda' }, 'A'],
    [{ 'min-size': '800GiB' }, 'B'],
    [{ pick: 'smallest' }, 'A'],
    [{ pick: 'largest' }, 'B'],
    [{ model: 'WD *', pick: 'largest' }, 'B'],
  ])('%j is %s', (text, serial) => {
    expect(chooseDisk(disks, match(text)).serial).toBe(serial);
  });

  it.each([
    [{ serial: 'Z' }, 'disk.missing'],
    [{ model: 'WD *' }, 'disk.ambiguous'],
    [{}, 'disk.ambiguous'],
    [{ serial: 'C' }, 'disk.small'],
    [{ serial: 'D' }, 'disk.busy'],
    [{ model: 'WD .*' }, 'disk.missing'],
  ])('%j is refused as %s', (text, code) => {
    expect(failure(() => chooseDisk(disks, match(text)))).toMatchObject({ code, kind: 'usage' });
  });

  it('is erased only when its serial number is given', () => {
    const [disk] = disks;
    expect(() => {
      assertErase(disk!, 'A');
    }).not.toThrow();
    for (const token of [undefined, '', 'B', 'a']) {
      expect(
        failure(() => {
          assertErase(disk!, token);
        }),
      ).toMatchObject({ code: 'erase.token', expected: '--erase A' });
    }
  });
});

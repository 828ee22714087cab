import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { loadKeyring } from '../../../builder/verify/keyring.ts';
import { keysReport } from '../../../builder/verify/keys-report.ts';
import { appErrorOf } from '../../support/only-app-errors.ts';
import { keyFiles, keyringOf, makeTestKey, revoked } from '../../support/test-keys.ts';

const where = 'keys/keys.yaml';
const DAY = 24 * 3600_000;

describe('loadKeyring', () => {
  test('loads every key of this project, all valid in 2026', async () => {
    const names = (await readdir('keys')).filter((name) => name.endsWith('.asc'));
    const files = new Map(
      await Promise.all(names.map(async (name) => [name, await readFile(`keys/${name}`)] as const)),
    );
    const keyring = await loadKeyring({ text: await readFile(where, 'utf8'), where }, files);
    expect(keyring.keys).toHaveLength(names.length);
    expect(keyring.keys.map((key) => key.fingerprint)).toEqual(
      expect.arrayContaining([
        '04B54C3CDCA79751B16BC6B5225629DF75B188BD',
        '5E04A1E3223A19A20706E20F9904613D4CCE68C6',
        '41587F7DB8C774BCCF131416762F67A0B2C39DE4',
      ]),
    );
    const report = await keysReport(keyring, new Date('2026-11-22'));
    expect(report.filter((key) => key.state !== 'valid')).toEqual([]);
  });

  test('refuses a file that is another key than the list says, naming both', async () => {
    const [listed, other] = [await makeTestKey(), await makeTestKey()];
    const { manifest } = await keyFiles([listed]);
    const { files } = await keyFiles([other]);
    const error = await appErrorOf(() => loadKeyring({ text: manifest, where }, files));
    expect(error).toMatchObject({
      kind: 'verification',
      code: 'keys.mismatch',
      expected: listed.fingerprint,
      got: other.fingerprint,
    });
  });

  test.each([
    ['owner', 'Test Archive', 'Other Archive'],
    ['date of expiry', 'never', '2031-01-01'],
  ])('refuses another %s than the list says', async (what, from, to) => {
    const { manifest, files } = await keyFiles([await makeTestKey()]);
    const text = manifest.replace(from, to);
    const error = await appErrorOf(() => loadKeyring({ text, where }, files));
    expect(error.code).toBe('keys.mismatch');
    expect(error.message).toContain(what);
  });

  test('refuses a key file that nobody listed', async () => {
    const { manifest, files } = await keyFiles([await makeTestKey()]);
    files.set('stray.asc', Buffer.from('x'));
    expect(await appErrorOf(() => loadKeyring({ text: manifest, where }, files))).toMatchObject({
      code: 'keys.unlisted',
      got: 'no entry for stray.asc',
    });
  });

  test('refuses a listed file that is missing, damaged, private or holds two keys', async () => {
    const key = await makeTestKey();
    const { manifest, files } = await keyFiles([key]);
    const armored = files.get('test-0.asc')!.toString();
    const contents = [
      undefined,
      'not a key',
      key.privateKey.armor(),
      armored + (await makeTestKey()).publicKey.armor(),
      armored.replace(/[A-Za-z0-9]{20}/, 'AAAAAAAAAAAAAAAAAAAA'),
    ];
    for (const content of contents) {
      const given = new Map(content === undefined ? [] : [['test-0.asc', Buffer.from(content)]]);
      const error = await appErrorOf(() => loadKeyring({ text: manifest, where }, given));
      expect(error.code).toMatch(/^keys\.(file|mismatch)$/);
      expect(error.kind).toBe('verification');
    }
  });

  test.each(['[', 'version: 2\nkeys: []', 'version: 1\nkeys: [{}]', 'null', '"x"'])(
    'refuses the list %j',
    async (text) => {
      expect((await appErrorOf(() => loadKeyring({ text, where }, new Map()))).code).toBe('keys.manifest');
    },
  );

  test('refuses a fingerprint that is listed twice', async () => {
    const { manifest, files } = await keyFiles([await makeTestKey()]);
    const parsed = JSON.parse(manifest) as { keys: unknown[] };
    parsed.keys.push(parsed.keys[0]);
    const error = await appErrorOf(() => loadKeyring({ text: JSON.stringify(parsed), where }, files));
    expect(error.message).toContain('listed twice');
  });
});

describe('Keyring.select', () => {
  test('keeps the named keys only', async () => {
    const [a, b] = [await makeTestKey(), await makeTestKey()];
    const chosen = (await keyringOf([a, b])).select([b.fingerprint]);
    expect(chosen.keys.map((key) => key.fingerprint)).toEqual([b.fingerprint]);
    expect(chosen.others.map((key) => key.fingerprint)).toEqual([a.fingerprint]);
  });

  test('takes no short key id and no subkey', async () => {
    const key = await makeTestKey();
    const keyring = await keyringOf([key]);
    const subkey = key.publicKey.subkeys[0]!.getFingerprint();
    for (const text of [key.fingerprint.slice(-16), subkey, '']) {
      expect((await appErrorOf(() => keyring.select([text]))).code).toBe('keys.unknown');
    }
    expect((await appErrorOf(() => keyring.select([]))).code).toBe('keys.none');
  });
});

describe('keysReport', () => {
  const created = new Date('2026-01-01');
  const lifetime = 100 * 24 * 3600;

  test('warns 90 days before a key expires, and after', async () => {
    const keyring = await keyringOf([await makeTestKey({ created, lifetime })]);
    const at = async (days: number): Promise<unknown> => {
      const [report] = await keysReport(keyring, new Date(created.getTime() + days * DAY));
      return [report?.state, report?.daysLeft];
    };
    expect(await at(5)).toEqual(['valid', 95]);
    expect(await at(11)).toEqual(['expires-soon', 89]);
    expect(await at(101)).toEqual(['expired', -1]);
  });

  test('warns before a release gets no more updates, though its key is good', async () => {
    const { manifest, files } = await keyFiles([await makeTestKey({ created })]);
    const text = manifest.replace('"purpose"', '"supported-until":"2026-12-01","purpose"');
    const keyring = await loadKeyring({ text, where: 'keys/keys.yaml' }, files);
    const at = async (date: string): Promise<unknown> => {
      const [report] = await keysReport(keyring, new Date(date));
      return [report?.state, report?.releaseEnds];
    };
    expect(await at('2026-08-01')).toEqual(['valid', undefined]);
    expect(await at('2026-11-01')).toEqual(['valid', expect.stringContaining('no updates after 2026-12-01')]);
    expect(await at('2026-12-24')).toEqual(['valid', expect.stringContaining('since 2026-12-01')]);
  });

  test('says that the end of a release is an estimate, and what it rests on', async () => {
    const { manifest, files } = await keyFiles([await makeTestKey({ created })]);
    const said =
      '"supported-until":"2026-12-01","supported-until-estimated":"a month after the next","purpose"';
    const text = manifest.replace('"purpose"', said);
    const keyring = await loadKeyring({ text, where: 'keys/keys.yaml' }, files);
    for (const [date, words] of [
      ['2026-11-01', 'gets no updates after about 2026-12-01 (an estimate: a month after the next)'],
      ['2026-12-24', 'has had no updates since about 2026-12-01 (an estimate: a month after the next)'],
    ] as const) {
      const [report] = await keysReport(keyring, new Date(date));
      expect(report?.releaseEnds).toContain(words);
    }
    const [report] = await keysReport(keyring, new Date('2026-08-01'));
    expect(report?.releaseEnds).toBeUndefined();
    expect(report?.supportEstimate).toBe('a month after the next');
  });

  test('tells a revoked key', async () => {
    const keyring = await keyringOf([await revoked(await makeTestKey())]);
    const [report] = await keysReport(keyring, new Date());
    expect(report?.state).toBe('revoked');
    expect(report?.warning).toContain(report?.fingerprint);
  });
});

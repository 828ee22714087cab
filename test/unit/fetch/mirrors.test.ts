import { describe, expect, test } from 'vitest';
import { MirrorHealth } from '../../../builder/fetch/mirror-health.ts';
import { AppError } from '../../../core/errors.ts';
import { locate, mirrorsOf, snapshotStamp, type MirrorSettings } from '../../../builder/fetch/mirrors.ts';

const repository = {
  name: 'debian-security',
  suites: ['trixie-security'],
  components: ['main'],
  mirrors: ['https://mirror.example.org/debian-security/'],
  snapshot: 'https://old.example.org/archive/debian-security',
  keys: [],
};
const none: MirrorSettings = { chosen: new Map(), host: [] };

describe('mirrorsOf', () => {
  test('tries the choice of the user, host, recipe and snapshot in this order', () => {
    const settings = {
      chosen: new Map([['debian-security', ['http://127.0.0.1/a', '/srv/mirror']]]),
      host: [{ uri: 'http://near.example.org/debian-security', suites: ['bookworm-security'] }],
    };
    const date = new Date('2026-09-12T07:55:41Z');
    expect(mirrorsOf(repository, settings, date)).toEqual([
      { origin: 'chosen', url: 'http://127.0.0.1/a' },
      { origin: 'chosen', url: '/srv/mirror' },
      { origin: 'host', url: 'http://near.example.org/debian-security' },
      { origin: 'recipe', url: 'https://mirror.example.org/debian-security' },
      { origin: 'snapshot', url: 'https://old.example.org/archive/debian-security/20260912T075541Z' },
    ]);
  });

  test('knows no snapshot without a date, and names no mirror twice', () => {
    const host = [{ uri: 'https://mirror.example.org/debian-security', suites: ['stable-security'] }];
    expect(mirrorsOf(repository, { ...none, host })).toEqual([
      { origin: 'host', url: 'https://mirror.example.org/debian-security' },
    ]);
  });

  test.each([
    ['another repository', 'http://near.example.org/debian', ['bookworm']],
    ['another distribution', 'http://near.example.org/debian-security', ['noble']],
    ['a vendor', 'https://vendor.example.org/debian-security', ['nodistro']],
    ['no URL', 'cdrom:[Debian]', ['bookworm']],
  ])('leaves out a host source of %s', (_, uri, suites) => {
    expect(mirrorsOf(repository, { ...none, host: [{ uri, suites }] })).toHaveLength(1);
  });
});

test('names: snapshot state, address', () => {
  expect(snapshotStamp(new Date('2026-01-02T03:04:05.678Z'))).toBe('20260102T030405Z');
  expect(locate('http://x/debian/', 'pool/g++_1~2.deb')).toBe('http://x/debian/pool/g%2B%2B_1~2.deb');
  expect(locate('/srv/debian', 'pool/g++.deb')).toBe('/srv/debian/pool/g++.deb');
});

describe('MirrorHealth', () => {
  const broken = (code: string): AppError => new AppError({ kind: 'network', code, what: 'x' });

  test('gives a mirror up after three failures in a row, and not for files that it does not have', () => {
    const health = new MirrorHealth();
    health.failed('a', broken('http.not-found'));
    expect(health.isDoubtful('a')).toBe(false);
    health.failed('a', broken('http.timeout'));
    health.failed('a', broken('http.connection'));
    expect([health.isDoubtful('a'), health.givenUp('a')]).toEqual([true, undefined]);
    health.succeeded('a');
    expect(health.isDoubtful('a')).toBe(false);
    for (let at = 0; at < 3; at += 1) health.failed('a', broken('http.timeout'));
    expect(health.givenUp('a')?.code).toBe('http.timeout');
  });
});

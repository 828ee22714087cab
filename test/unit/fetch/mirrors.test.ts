import { describe, expect, test } from 'vitest';
import {
  environmentName,
  locate,
  mirrorsOf,
  parseMirrorOptions,
  snapshotStamp,
  type MirrorSettings,
} from '../../../builder/fetch/mirrors.ts';
import { codeOf } from '../../support/only-app-errors.ts';

const repository = {
  name: 'debian-security',
  suites: ['trixie-security'],
  components: ['main'],
  mirrors: ['https://mirror.example.org/debian-security/'],
  snapshot: 'https://old.example.org/archive/debian-security',
  keys: [],
};
const none: MirrorSettings = { options: new Map(), env: {}, host: [] };

describe('mirrorsOf', () => {
  test('tries option, environment, host, recipe and snapshot in this order', () => {
    const settings = {
      options: new Map([['debian-security', 'http://127.0.0.1/a']]),
      env: { QUBEFORGE_MIRROR_DEBIAN_SECURITY: '/srv/mirror' },
      host: [{ uri: 'http://near.example.org/debian-security', suites: ['bookworm-security'] }],
    };
    const date = new Date('2026-09-12T07:55:41Z');
    expect(mirrorsOf(repository, settings, date)).toEqual([
      { origin: 'option', url: 'http://127.0.0.1/a' },
      { origin: 'environment', url: '/srv/mirror' },
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

test('names: environment variable, snapshot state, address', () => {
  expect(environmentName('debian-security')).toBe('QUBEFORGE_MIRROR_DEBIAN_SECURITY');
  expect(snapshotStamp(new Date('2026-01-02T03:04:05.678Z'))).toBe('20260102T030405Z');
  expect(locate('http://x/debian/', 'pool/g++_1~2.deb')).toBe('http://x/debian/pool/g%2B%2B_1~2.deb');
  expect(locate('/srv/debian', 'pool/g++.deb')).toBe('/srv/debian/pool/g++.deb');
});

test('--mirror takes NAME=URL', () => {
  expect([...parseMirrorOptions(['debian=http://x/debian', 'a-b=/srv/x'])]).toEqual([
    ['debian', 'http://x/debian'],
    ['a-b', '/srv/x'],
  ]);
  for (const bad of ['http://x', 'debian=', 'debian=ftp://x', '=http://x', 'Debian=http://x']) {
    expect(codeOf(() => parseMirrorOptions([bad]))).toBe('usage.mirror');
  }
});

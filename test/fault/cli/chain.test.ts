import { existsSync } from 'node:fs';
import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { poolPath, startMiniMirror, type MiniMirror, type MirrorSuite } from '../../support/mini-mirror.ts';
import { miniProject, storedDeb, type MiniProject, type Outcome } from '../../support/mini-project.ts';
import { makeTestKey } from '../../support/test-keys.ts';

const DAY = 24 * 3600_000;
const HELLO = { name: 'hello', depends: 'libhello' };
const PACKAGES = [HELLO, { name: 'libhello' }, { name: 'unrelated' }];

function suite(more: Partial<MirrorSuite> = {}): MirrorSuite {
  return { suite: 'trixie', packages: PACKAGES, ...more };
}

function flip(bytes: Uint8Array, at = Math.floor(bytes.length / 2)): Buffer {
  const changed = Buffer.from(bytes);
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}

/** Changes one byte of a file of the mirror. */
function tamper(mirror: MiniMirror, path: string, at?: number): void {
  const bytes = mirror.content.get(path);
  if (bytes === undefined) throw new Error(`no ${path}`);
  mirror.content.set(path, flip(bytes, at));
}

/** Exit code 3, a message with link, expected and got, no lock or image left, and nothing unpacked. */
async function expectRefused(project: MiniProject, outcome: Outcome, code: string): Promise<void> {
  expect(outcome.error).toMatchObject({ kind: 'verification', code, exitCode: 3 });
  expect(outcome.code).toBe(3);
  expect(outcome.error?.text).toMatch(/\n {2}where: /);
  expect(outcome.error?.text).toMatch(/\n {2}expected: /);
  expect(outcome.error?.text).toMatch(/\n {2}got: /);
  expect(existsSync(project.path('out'))).toBe(false);
  expect(existsSync(join(project.cache, 'store', 'v1', 'trees'))).toBe(false);
  expect(await readdir(join(project.cache, 'store', 'v1', 'tmp'))).toEqual([]);
}

describe('one changed byte at a link that locking follows', () => {
  const inRelease = 'dists/trixie/InRelease';
  const cases: readonly [string, (mirror: MiniMirror) => void, string][] = [
    [
      'the text of InRelease',
      (mirror) => {
        tamper(mirror, inRelease, mirror.content.get(inRelease)!.indexOf('Codename: ') + 11);
      },
      'openpgp.bad-signature',
    ],
    [
      'its signature',
      (mirror) => {
        const text = mirror.content.get(inRelease)!.toString();
        const at = text.indexOf('\n\n', text.indexOf('BEGIN PGP SIGNATURE')) + 40;
        const other = text[at] === 'A' ? 'B' : 'A';
        mirror.content.set(inRelease, Buffer.from(text.slice(0, at) + other + text.slice(at + 1)));
      },
      'openpgp.',
    ],
    [
      'Release, with its signature in a file of its own',
      (mirror) => {
        mirror.content.delete(inRelease);
        tamper(
          mirror,
          'dists/trixie/Release',
          mirror.content.get('dists/trixie/Release')!.indexOf('Codename: ') + 11,
        );
      },
      'openpgp.bad-signature',
    ],
    [
      'the signature in a file of its own',
      (mirror) => {
        mirror.content.delete(inRelease);
        mirror.content.set('dists/trixie/Release.gpg', Buffer.alloc(0));
      },
      'openpgp.',
    ],
    [
      'the index',
      (mirror) => {
        const paths = [...mirror.content.keys()].filter((path) => path.includes('binary-amd64'));
        for (const path of paths) tamper(mirror, path);
      },
      'chain.index',
    ],
  ];
  it.each(cases)('%s', async (_, change, code) => {
    await using mirror = await startMiniMirror({ suites: [suite()] });
    await using project = await miniProject({ mirror });
    change(mirror);
    const outcome = await project.run('lock');
    await expectRefused(
      project,
      outcome,
      outcome.error?.code.startsWith(code) === true ? outcome.error.code : code,
    );
    expect(existsSync(project.path('recipes', 'locks', 'mini.lock.json'))).toBe(false);
  });
});

describe('a Release that must not be believed', () => {
  it('is signed by a key that is not pinned', async () => {
    await using mirror = await startMiniMirror({ suites: [suite()] });
    await using project = await miniProject({ mirror, keys: [await makeTestKey({ name: 'Somebody Else' })] });
    await expectRefused(project, await project.run('lock'), 'openpgp.unknown-key');
  });

  it('is signed by a pinned key that the recipe does not allow', async () => {
    await using mirror = await startMiniMirror({ suites: [suite()] });
    const other = await makeTestKey({ name: 'Another Archive' });
    await using project = await miniProject({ mirror, keys: [other, mirror.key] });
    await expectRefused(project, await project.run('lock'), 'openpgp.unknown-key');
  });

  it('is signed by a key that has expired', async () => {
    const key = await makeTestKey({ created: new Date(Date.now() - 30 * DAY), lifetime: 20 * 24 * 3600 });
    const date = new Date(Math.floor((Date.now() - 25 * DAY) / 1000) * 1000);
    await using mirror = await startMiniMirror({ key, suites: [suite({ date, validUntil: null })] });
    await using project = await miniProject({ mirror });
    await expectRefused(project, await project.run('lock'), 'openpgp.key-expired');
    const check = await project.run('keys', 'check');
    expect(check.error).toMatchObject({ code: 'keys.unfit', exitCode: 3 });
  });

  it('is of a day to come', async () => {
    const date = new Date(Math.floor((Date.now() + 9 * DAY) / 1000) * 1000);
    await using mirror = await startMiniMirror({ suites: [suite({ date, validUntil: null })] });
    await using project = await miniProject({ mirror });
    const outcome = await project.run('lock');
    await expectRefused(project, outcome, outcome.error?.code ?? '');
    expect(outcome.error?.code).toMatch(/^(release|openpgp)\.future$/);
  });

  it('is past its Valid-Until', async () => {
    const date = new Date(Math.floor((Date.now() - 9 * DAY) / 1000) * 1000);
    await using mirror = await startMiniMirror({
      suites: [suite({ date, validUntil: new Date(date.getTime() + DAY) })],
    });
    await using project = await miniProject({ mirror });
    await expectRefused(project, await project.run('lock'), 'release.expired');
  });

  it('is older than the one that was locked', async () => {
    const now = Math.floor(Date.now() / 1000) * 1000;
    await using mirror = await startMiniMirror({ suites: [suite({ date: new Date(now - DAY) })] });
    await using project = await miniProject({ mirror });
    expect(await project.run('lock')).toMatchObject({ code: 0 });
    const before = await project.readLock();
    await mirror.publish([suite({ date: new Date(now - 2 * DAY) })]);
    await expectRefused(project, await project.run('lock', '--update'), 'release.rollback');
    expect(await project.readLock()).toBe(before);
  });
});

describe.each([
  ['a server that says how long it is', true],
  ['a server that does not say how long it is', false],
])('a package that is not the locked one, from %s', (_, lengths) => {
  const deb = poolPath(HELLO);
  it.each<[string, (bytes: Buffer) => Buffer, string]>([
    ['same length', (bytes) => flip(bytes), 'chain.file'],
    ['truncated', (bytes) => bytes.subarray(0, -1), 'http.size'],
    ['empty', (bytes) => bytes.subarray(0, 0), 'http.size'],
    ['longer', (bytes) => Buffer.concat([bytes, Buffer.from('x')]), 'http.size'],
  ])('%s', async (__, change, code) => {
    await using mirror = await startMiniMirror({ suites: [suite()] });
    await using project = await miniProject({ mirror });
    mirror.server.lengths = lengths;
    expect(await project.run('lock')).toMatchObject({ code: 0 });
    const good = mirror.content.get(deb)!;
    mirror.content.set(deb, change(good));
    const outcome = await project.run('build', 'mini');
    await expectRefused(project, outcome, code);
    expect(outcome.error?.text).toContain(deb);
    mirror.content.set(deb, good);
    expect(await project.run('build', 'mini')).toMatchObject({ code: 0 });
    expect(await readdir(project.path('out'))).toContain('mini.manifest.json');
  });
});

describe('an index from a server that does not say how long it is', () => {
  it.each<[string, (bytes: Buffer) => Buffer]>([
    ['cut short', (bytes) => bytes.subarray(0, -1)],
    ['that goes on', (bytes) => Buffer.concat([bytes, Buffer.from('\n')])],
  ])('%s', async (_, change) => {
    await using mirror = await startMiniMirror({ suites: [suite()] });
    await using project = await miniProject({ mirror });
    mirror.server.lengths = false;
    for (const [path, bytes] of mirror.content) {
      if (path.includes('binary-amd64')) mirror.content.set(path, change(bytes));
    }
    await expectRefused(project, await project.run('lock'), 'http.size');
    expect(existsSync(project.path('recipes', 'locks', 'mini.lock.json'))).toBe(false);
  });
});

describe('what lies here and was changed', () => {
  it('a lock', async () => {
    await using mirror = await startMiniMirror({ suites: [suite()] });
    await using project = await miniProject({ mirror });
    await project.run('lock');
    const lock = await project.readLock();
    await writeFile(project.path('recipes', 'locks', 'mini.lock.json'), lock.replace('"1.0-1"', '"1.0-2"'));
    for (const policy of ['fail', 'update']) {
      const outcome = await project.run('build', 'mini', '--on-stale-lock', policy);
      await expectRefused(project, outcome, 'lock.edited');
    }
    expect(await project.run('lock', '--check')).toMatchObject({ code: 3, error: { code: 'lock.edited' } });
    expect(await project.run('verify', 'mini', '--offline')).toMatchObject({ code: 3 });
    expect(await project.run('lock', '--update')).toMatchObject({ code: 0 });
    expect(await project.readLock()).toBe(lock);
  });

  it('a package in the store: it is removed, so that the next build fetches it', async () => {
    await using mirror = await startMiniMirror({ suites: [suite()] });
    await using project = await miniProject({ mirror });
    await project.run('lock');
    expect(await project.run('build', 'mini')).toMatchObject({ code: 0 });
    const manifest = await readFile(project.path('out', 'mini.manifest.json'), 'utf8');
    const { store, blob } = await storedDeb(project, 'hello');
    await chmod(blob, 0o644);
    await writeFile(blob, flip(await readFile(blob)));
    for (const name of ['stages', 'trees']) await rm(join(store, name), { recursive: true });
    await rm(project.path('out'), { recursive: true });
    await expectRefused(project, await project.run('build', 'mini'), 'store.blob');
    await rm(blob, { force: true });
    expect(await project.run('build', 'mini')).toMatchObject({ code: 0 });
    expect(await readFile(project.path('out', 'mini.manifest.json'), 'utf8')).toBe(manifest);
  });
});

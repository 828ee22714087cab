import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from '../../../core/digest.ts';
import { buildsTheSame, diffLocks, printLockDiff } from '../../../builder/lock/diff.ts';
import { checkFits, parseLock, printLock } from '../../../builder/lock/lock-file.ts';
import type { Lock } from '../../../builder/lock/schema.ts';
import { proofError, proveLock, type Proof } from '../../../builder/lock/prove.ts';
import { openIndex } from '../../../builder/fetch/indexes.ts';
import { EvidenceDirectory } from '../../../builder/store/evidence.ts';
import { openStore, type Store } from '../../../builder/store/store.ts';
import { fetcherFor } from '../../support/fetcher.ts';
import { everything, lockMirror, recipeOf } from '../../support/locking.ts';
import { poolPath, startMiniMirror, type MirrorSuite } from '../../support/mini-mirror.ts';
import { appErrorOf, codeOf } from '../../support/only-app-errors.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const date = new Date(Math.floor(Date.now() / 1000) * 1000 - 3600_000);
const suite: MirrorSuite = {
  suite: 'trixie',
  date,
  packages: [{ name: 'hello', depends: 'libhello' }, { name: 'libhello' }],
  sources: [
    { name: 'xen', version: '4.19-1', files: { 'xen_4.19-1.dsc': 'a', 'xen_4.19-1.tar': 'b' } },
    { name: 'xen', version: '4.20-1', files: { 'xen_4.20-1.dsc': 'c', 'xen_4.20-1.tar': 'd' } },
  ],
};
const mirror = await startMiniMirror({ suites: [suite] });
const pristine = new Map(mirror.content);
afterAll(() => mirror[Symbol.asyncDispose]());
beforeEach(() => {
  mirror.content = new Map(pristine);
});

async function setup() {
  const dir = await temporaryDirectory();
  const store = await openStore(join(dir.path, 'cache'));
  return {
    store,
    evidence: join(dir.path, 'evidence'),
    ...fetcherFor(store, mirror),
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await dir[Symbol.asyncDispose]();
    },
  };
}

function prove(lock: Lock, at: { readonly store: Store; readonly evidence: string }): Promise<Proof> {
  return proveLock(lock, {
    keyring: mirror.keyring,
    allowedKeys: () => [mirror.key.fingerprint],
    evidence: new EvidenceDirectory(at.evidence),
    openIndex: (index) => openIndex(at.store, index),
    now: new Date(),
  });
}

describe('makeLock', () => {
  test('locks what the index says, in the order of the resolver, with the evidence', async () => {
    await using at = await setup();
    const { lock, warnings } = await lockMirror(at.fetcher, mirror, at.evidence, {
      resolver: async (request) => [...(await everything(request))].reverse(),
    });
    const deb = pristine.get(poolPath({ name: 'hello' }))!;
    expect(warnings).toEqual([]);
    expect(lock.packages.map(({ name }) => name)).toEqual(['libhello', 'hello']);
    expect(lock.packages[1]).toEqual({
      name: 'hello',
      version: '1.0-1',
      architecture: 'amd64',
      size: deb.length,
      sha256: sha256(deb),
      path: poolPath({ name: 'hello' }),
      repository: 'debian',
      suite: 'trixie',
      component: 'main',
    });
    const inRelease = sha256(pristine.get('dists/trixie/InRelease')!);
    expect(lock.releases[0]).toMatchObject({
      date: date.toISOString(),
      signer: mirror.key.fingerprint,
      evidence: { inRelease },
    });
    expect(await readdir(at.evidence)).toEqual([`${inRelease}.InRelease`]);
  });

  test('is the same text for the same index', async () => {
    await using a = await setup();
    await using b = await setup();
    const [one, two] = await Promise.all([a, b].map((at) => lockMirror(at.fetcher, mirror, at.evidence)));
    expect(printLock(one!.lock)).toBe(printLock(two!.lock));
  });

  test('refuses an index that is older than the locked one', async () => {
    await using at = await setup();
    const { lock } = await lockMirror(at.fetcher, mirror, at.evidence);
    await mirror.publish([{ ...suite, date: new Date(date.getTime() - 1000) }]);
    const error = await appErrorOf(() => lockMirror(at.fetcher, mirror, at.evidence, { previous: lock }));
    expect(error).toMatchObject({ kind: 'verification', code: 'release.rollback' });
  });

  test('refuses a package that no index lists', async () => {
    await using at = await setup();
    const resolver = () => Promise.resolve([{ name: 'evil', version: '1', architecture: 'amd64' }]);
    const error = await appErrorOf(() => lockMirror(at.fetcher, mirror, at.evidence, { resolver }));
    expect(error).toMatchObject({ code: 'lock.unlisted', where: 'evil 1 (amd64)' });
  });

  test('locks the newest source that is complete and warns about what it passed over', async () => {
    await using at = await setup();
    const sources = {
      wanted: [{ name: 'xen' }],
      probe: (candidate: Parameters<typeof at.fetcher.probeSource>[1]) =>
        at.fetcher.probeSource(mirror.repository, candidate),
    };
    const whole = await lockMirror(at.fetcher, mirror, at.evidence, { sources });
    expect(whole.lock.sources.map(({ version }) => version)).toEqual(['4.20-1']);
    expect(whole.warnings).toEqual([]);
    mirror.content.delete('pool/main/x/xen/xen_4.20-1.tar');
    const older = await lockMirror(at.fetcher, mirror, at.evidence, { sources });
    expect(older.lock.sources[0]).toMatchObject({ version: '4.19-1', directory: 'pool/main/x/xen' });
    expect(older.warnings[0]).toContain('xen 4.20-1 lacks pool/main/x/xen/xen_4.20-1.tar');
    mirror.content.delete('pool/main/x/xen/xen_4.19-1.tar');
    const error = await appErrorOf(() => lockMirror(at.fetcher, mirror, at.evidence, { sources }));
    expect(error).toMatchObject({ kind: 'network', code: 'lock.source-files' });
    const none = await appErrorOf(() =>
      lockMirror(at.fetcher, mirror, at.evidence, { sources: { ...sources, wanted: [{ name: 'qemu' }] } }),
    );
    expect(none).toMatchObject({ kind: 'recipe', code: 'lock.source' });
  });
});

describe('lock files', () => {
  test('are read back as they were written, one package a line', async () => {
    await using at = await setup();
    const { lock } = await lockMirror(at.fetcher, mirror, at.evidence);
    const text = printLock(lock);
    expect(parseLock(text, 'x')).toEqual(lock);
    expect(text.split('\n').filter((line) => line.includes('"path":"pool/'))).toHaveLength(2);
  });

  test('are refused after any edit, even one that changes no meaning', async () => {
    await using at = await setup();
    const text = printLock((await lockMirror(at.fetcher, mirror, at.evidence)).lock);
    const edits: [string, string][] = [
      [text.replace('1.0-1', '1.0-2'), 'lock.edited'],
      [
        text.replace(/"digest": "(.)/, (_, first) => `"digest": "${first === '0' ? '1' : '0'}`),
        'lock.edited',
      ],
      [`${text} `, 'lock.edited'],
      [text.replace('"version": 1', '"version": 2'), 'lock.malformed'],
      [text.replace('pool/main', '../../etc'), 'lock.malformed'],
      [text.replace('"family"', '"other": 1, "family"'), 'lock.malformed'],
      [text.slice(0, -10), 'lock.malformed'],
      ['', 'lock.malformed'],
    ];
    for (const [edited, code] of edits) {
      expect(edited).not.toBe(text);
      const error = await appErrorOf(() => parseLock(edited, 'x.lock.json'));
      expect(error).toMatchObject({ kind: 'verification', code, exitCode: 3, where: 'x.lock.json' });
    }
  });

  test('are stale for another state of the recipe', async () => {
    await using at = await setup();
    const { lock } = await lockMirror(at.fetcher, mirror, at.evidence);
    checkFits(lock, recipeOf(mirror), 'x');
    expect(
      codeOf(() => {
        checkFits(lock, recipeOf(mirror, 'changed'), 'x');
      }),
    ).toBe('lock.stale');
    expect(
      codeOf(() => {
        checkFits(lock, { ...recipeOf(mirror), name: 'other' }, 'x');
      }),
    ).toBe('lock.stale');
  });
});

describe('proveLock', () => {
  test('proves every package offline, from the archived Release and the store', async () => {
    await using at = await setup();
    const { lock } = await lockMirror(at.fetcher, mirror, at.evidence);
    expect(await prove(lock, at)).toEqual({ releases: 1, indexes: 1, packages: 2, sources: 0, broken: [] });
  });

  test('proves a detached signature', async () => {
    await using at = await setup();
    mirror.content.delete('dists/trixie/InRelease');
    const { lock } = await lockMirror(at.fetcher, mirror, at.evidence);
    expect((await readdir(at.evidence)).map((name) => name.slice(65)).sort()).toEqual([
      'Release',
      'Release.gpg',
    ]);
    expect((await prove(lock, at)).broken).toEqual([]);
  });

  test('names every broken link', async () => {
    await using at = await setup();
    const { lock } = await lockMirror(at.fetcher, mirror, at.evidence);
    const [release, hello] = [lock.releases[0]!, lock.packages[0]!];
    const changed = (more: Partial<Lock>): Promise<Proof> => prove({ ...lock, ...more }, at);
    const cases: [Promise<Proof>, unknown[]][] = [
      [
        changed({ packages: [{ ...hello, sha256: sha256('evil') }, lock.packages[1]!] }),
        [{ link: 'package', where: 'hello 1.0-1 (amd64)' }],
      ],
      [
        changed({
          packages: [
            { ...hello, size: 1 },
            { ...lock.packages[1]!, path: 'pool/evil' },
          ],
        }),
        [{ link: 'package' }, { link: 'package' }],
      ],
      [
        changed({ releases: [{ ...release, date: new Date(0).toISOString() }], packages: [] }),
        [{ link: 'release', got: release.date }],
      ],
      [
        changed({ releases: [{ ...release, evidence: { inRelease: sha256('x') } }], packages: [] }),
        [{ link: 'evidence', got: 'nothing' }],
      ],
      [
        changed({ releases: [{ ...release, indexes: [{ ...release.indexes[0]!, size: 1 }] }], packages: [] }),
        [{ link: 'index' }],
      ],
      [
        changed({ releases: [{ ...release, suite: 'sid' }], packages: [] }),
        [{ link: 'release', code: 'release.suite' }],
      ],
    ];
    for (const [proof, broken] of cases) expect((await proof).broken).toMatchObject(broken);
    const error = proofError(await cases[1]![0], 'mini.lock.json');
    expect(error).toMatchObject({ kind: 'verification', code: 'lock.proof', where: 'mini.lock.json' });
    expect(error.got?.split('\n')).toHaveLength(2);
  });

  test('says when the store has lost an index', async () => {
    await using at = await setup();
    const { lock } = await lockMirror(at.fetcher, mirror, at.evidence);
    await at.store.collectGarbage({ grace: 0, now: Date.now() + 1000 });
    const { broken } = await prove(lock, at);
    expect(broken.map(({ link, code }) => `${link} ${code}`)).toEqual([
      'index store.missing',
      'package lock.unlisted',
      'package lock.unlisted',
    ]);
  });
});

describe('diffLocks', () => {
  test('tells what moved', async () => {
    await using at = await setup();
    const before = (await lockMirror(at.fetcher, mirror, at.evidence)).lock;
    await mirror.publish([
      {
        ...suite,
        date: new Date(date.getTime() + 60_000),
        packages: [{ name: 'hello', version: '1.1-1' }, { name: 'libhello' }, { name: 'new' }],
      },
    ]);
    const after = (await lockMirror(at.fetcher, mirror, at.evidence)).lock;
    const diff = diffLocks(before, after);
    expect(printLockDiff(diff).split('\n').slice(1, -1)).toEqual([
      'added      new:amd64 1.0-1',
      'upgraded   hello:amd64 1.0-1 → 1.1-1',
    ]);
    expect(diff.releases[0]).toContain(`debian trixie ${before.releases[0]!.date} → `);
    expect(buildsTheSame(diff)).toBe(false);
    const back = printLockDiff(diffLocks(after, before));
    expect(back).toContain('DOWNGRADED hello:amd64 1.1-1 → 1.0-1');
    expect(back).toContain('removed    new:amd64 1.0-1');
  });

  test('is empty for equal locks, and tells order, recipe and replaced bytes', async () => {
    await using at = await setup();
    const { lock } = await lockMirror(at.fetcher, mirror, at.evidence);
    expect(printLockDiff(diffLocks(lock, lock))).toBe('nothing moved');
    expect(buildsTheSame(diffLocks(lock, lock))).toBe(true);
    const reordered = { ...lock, packages: [...lock.packages].reverse() };
    expect(diffLocks(lock, reordered).reordered).toBe(true);
    const recipe = { ...lock, recipe: { ...lock.recipe, digest: sha256('y') } };
    expect(printLockDiff(diffLocks(lock, recipe))).toContain('recipe     changed');
    const [first, ...rest] = lock.packages;
    const replaced = { ...lock, packages: [{ ...first!, sha256: sha256('z') }, ...rest] };
    expect(printLockDiff(diffLocks(lock, replaced))).toContain('REPLACED   hello:amd64');
  });

  test('tells packages that only came from elsewhere from those with other bytes', async () => {
    await using at = await setup();
    const { lock } = await lockMirror(at.fetcher, mirror, at.evidence);
    const [first, second, ...rest] = lock.packages;
    const packages = [{ ...first!, suite: 'trixie-security' }, { ...second!, path: 'pool/x.deb' }, ...rest];
    const diff = diffLocks({ ...lock, packages }, lock);
    expect(printLockDiff(diff).split('\n').slice(0, -1)).toEqual([
      'place      1 package with the same bytes: debian/trixie-security/main → debian/trixie/main',
      'place      1 package with the same bytes: debian/trixie/main, by another path',
    ]);
    expect(diff.replaced).toEqual([]);
    expect(buildsTheSame(diff)).toBe(true);
  });
});

test('the evidence directory drops what no lock needs', async () => {
  await using at = await setup();
  const { lock } = await lockMirror(at.fetcher, mirror, at.evidence);
  const archive = new EvidenceDirectory(at.evidence);
  const old = Buffer.from('old');
  await archive.put({ name: 'InRelease', sha256: sha256(old), bytes: old });
  const evidence = lock.releases[0]!.evidence;
  expect(await archive.prune(new Set('inRelease' in evidence ? [evidence.inRelease] : []))).toBe(1);
  expect(await readdir(at.evidence)).toHaveLength(1);
});

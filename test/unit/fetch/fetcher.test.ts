import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import type { WantedFile } from '../../../builder/fetch/files.ts';
import { packagesIn } from '../../../builder/formats/packages-index.ts';
import { sourcesIn } from '../../../builder/formats/sources-index.ts';
import { openStore } from '../../../builder/store/store.ts';
import { describeError } from '../../../core/errors.ts';
import { fetcherFor } from '../../support/fetcher.ts';
import { poolPath, startMiniMirror, type MirrorSuite } from '../../support/mini-mirror.ts';
import { appErrorOf } from '../../support/only-app-errors.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const DAY = 24 * 3600_000;
const suite: MirrorSuite = {
  suite: 'trixie',
  packages: [{ name: 'hello', depends: 'libhello' }, { name: 'libhello' }],
  sources: [{ name: 'hello', version: '1.0-1', files: { 'hello.dsc': 'dsc', 'hello.tar': 'tar' } }],
};
const mirror = await startMiniMirror({ suites: [suite] });
const pristine = new Map(mirror.content);
const second = await startMiniMirror({ suites: [suite], key: mirror.key });
afterAll(async () => {
  await mirror[Symbol.asyncDispose]();
  await second[Symbol.asyncDispose]();
});
beforeEach(() => {
  for (const one of [mirror, second]) {
    one.clearFaults();
    one.server.requests.length = 0;
    one.server.onRequest = () => undefined;
  }
  mirror.content = new Map(pristine);
  second.content = new Map(pristine);
});

/** Our repository with both mirrors, this one first. */
const both = { ...mirror.repository, mirrors: [mirror.url, second.url] };

async function setup(options = {}) {
  const dir = await temporaryDirectory();
  const store = await openStore(dir.path);
  return {
    store,
    ...fetcherFor(store, mirror, options),
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await dir[Symbol.asyncDispose]();
    },
  };
}

describe('fetchRelease', () => {
  test('gets the InRelease and its evidence', async () => {
    await using at = await setup();
    const release = await at.fetcher.fetchRelease(mirror.repository, 'trixie');
    expect(release.evidence.bytes).toEqual(mirror.content.get('dists/trixie/InRelease'));
    expect(release.signature).toBeUndefined();
    expect(release.mirror).toEqual({ origin: 'recipe', url: mirror.url });
  });

  test('falls back to Release and Release.gpg', async () => {
    await using at = await setup();
    mirror.content.delete('dists/trixie/InRelease');
    const release = await at.fetcher.fetchRelease(mirror.repository, 'trixie');
    expect(release.evidence.name).toBe('Release');
    expect(release.signature?.bytes).toEqual(mirror.content.get('dists/trixie/Release.gpg'));
  });

  test('passes over a mirror that is stale, with a warning', async () => {
    await using at = await setup();
    const stale = await startMiniMirror({
      suites: [{ ...suite, date: new Date(Date.now() - 9 * DAY) }],
      key: mirror.key,
    });
    await using _ = stale;
    const repository = { ...mirror.repository, mirrors: [stale.url, mirror.url] };
    expect((await at.fetcher.fetchRelease(repository, 'trixie')).mirror.url).toBe(mirror.url);
    const warnings = at.events.filter((event) => event.type === 'log');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatchObject({ level: 'warning' });
    expect(warnings[0]?.message).toContain('Valid-Until');
  });

  test('says what each mirror did when none is good: the bad one decides the kind', async () => {
    await using at = await setup();
    mirror.fault('dists/trixie/InRelease', { kind: 'replace', bytes: Buffer.from('<html>portal</html>') });
    second.fault(/./, { kind: 'status', status: 403 });
    const error = await appErrorOf(() => at.fetcher.fetchRelease(both, 'trixie'));
    expect(error).toMatchObject({ kind: 'verification', code: 'openpgp.no-signature' });
    expect(error.got).toContain(mirror.url);
    expect(error.got).toContain('403');
  });

  test('is a network failure when nobody answers', async () => {
    await using at = await setup();
    const error = await appErrorOf(() =>
      at.fetcher.fetchRelease({ ...mirror.repository, mirrors: ['/none', '/nowhere'] }, 'trixie'),
    );
    expect(error).toMatchObject({ kind: 'network', code: 'fetch.release', exitCode: 4 });
    expect(error.got?.split('\n')).toHaveLength(2);
    expect(error.next).toContain('--mirror debian=URL');
  });
});

describe('fetchIndexes', () => {
  test('takes them by hash, verified, and opens them', async () => {
    await using at = await setup();
    const release = await at.fetcher.fetchRelease(mirror.repository, 'trixie');
    const indexes = await at.fetcher.fetchIndexes(release, ['amd64'], { sources: true });
    expect(indexes.map(({ kind, path }) => [kind, path])).toEqual([
      ['packages', 'main/binary-amd64/Packages.gz'],
      ['sources', 'main/source/Sources.gz'],
    ]);
    const names = [...packagesIn(await at.fetcher.openIndex(indexes[0]!))].map(({ name }) => name);
    expect(names).toEqual(['hello', 'libhello']);
    expect([...sourcesIn(await at.fetcher.openIndex(indexes[1]!))].map(({ name }) => name)).toEqual([
      'hello',
    ]);
    expect(mirror.requests.map(({ path }) => path).filter((path) => path.endsWith('.gz'))).toEqual([]);
  });

  test('falls back to the name when there is nothing by hash', async () => {
    await using at = await setup();
    for (const path of mirror.content.keys()) if (path.includes('by-hash')) mirror.content.delete(path);
    const release = await at.fetcher.fetchRelease(mirror.repository, 'trixie');
    await at.fetcher.fetchIndexes(release, ['amd64']);
    expect(mirror.requests.at(-1)?.path).toBe('dists/trixie/main/binary-amd64/Packages.gz');
  });

  test('takes an index that is in the store already', async () => {
    await using at = await setup();
    const release = await at.fetcher.fetchRelease(mirror.repository, 'trixie');
    await at.fetcher.fetchIndexes(release, ['amd64']);
    const before = mirror.requests.length;
    await at.fetcher.fetchIndexes(release, ['amd64']);
    expect(mirror.requests).toHaveLength(before);
  });

  test('names a component that the Release does not list', async () => {
    await using at = await setup();
    const repository = { ...mirror.repository, components: ['main', 'contrib'] };
    const release = await at.fetcher.fetchRelease(repository, 'trixie');
    const error = await appErrorOf(() => at.fetcher.fetchIndexes(release, ['amd64']));
    expect(error).toMatchObject({ code: 'chain.unlisted' });
    expect(error.expected).toContain('contrib/binary-amd64/Packages');
  });
});

describe('fetchFiles', () => {
  async function wanted(at: Awaited<ReturnType<typeof setup>>, repository = both): Promise<WantedFile[]> {
    const release = await at.fetcher.fetchRelease(mirror.repository, 'trixie');
    const [index] = await at.fetcher.fetchIndexes(release, ['amd64']);
    return [...packagesIn(await at.fetcher.openIndex(index!))].map((entry) => ({
      path: entry.filename,
      size: entry.size,
      sha256: entry.sha256,
      what: `${entry.name} ${entry.version} (${entry.architecture})`,
      repository,
    }));
  }
  const hello = poolPath({ name: 'hello' });
  const libhello = poolPath({ name: 'libhello' });

  test('gets all files once, and reports progress', async () => {
    await using at = await setup();
    const files = await wanted(at);
    await Promise.all([at.fetcher.fetchFiles(files), at.fetcher.fetchFiles(files)]);
    expect(await Promise.all(files.map((file) => at.store.has(file)))).toEqual([true, true]);
    expect(mirror.requests.filter(({ path }) => path.startsWith('pool/'))).toHaveLength(2);
    expect(at.events.some((event) => event.type === 'progress' && event.unit === 'bytes')).toBe(true);
    await at.fetcher.fetchFiles(files);
    expect(mirror.requests.filter(({ path }) => path.startsWith('pool/'))).toHaveLength(2);
  });

  test('takes single files from the next mirror', async () => {
    await using at = await setup();
    const files = await wanted(at);
    mirror.content.delete(hello);
    await at.fetcher.fetchFiles(files);
    expect(second.requests.map(({ path }) => path)).toEqual([hello]);
  });

  test('takes them from the snapshot archive of the locked date in the end', async () => {
    await using at = await setup();
    const files = await wanted(at);
    mirror.content.delete(hello);
    const date = new Date('2026-09-12T07:55:41Z');
    second.content.set(`archive/20260912T075541Z/${hello}`, second.content.get(hello)!);
    const repository = { ...mirror.repository, snapshot: `${second.url}/archive` };
    await at.fetcher.fetchFiles(files.map((file) => ({ ...file, repository, date })));
    expect(second.requests.map(({ path }) => path)).toEqual([`archive/20260912T075541Z/${hello}`]);
  });

  test('names every file that no mirror has in one error, with the remedy', async () => {
    await using at = await setup();
    const files = await wanted(at);
    for (const one of [mirror, second]) for (const path of [hello, libhello]) one.content.delete(path);
    const error = await appErrorOf(() => at.fetcher.fetchFiles(files));
    expect(error).toMatchObject({ kind: 'network', code: 'fetch.missing', exitCode: 4 });
    for (const part of [hello, libhello, mirror.url, second.url, '404', '--mirror debian=URL']) {
      expect(describeError(error)).toContain(part);
    }
  });

  test('takes the right bytes from another mirror when one serves wrong ones', async () => {
    await using at = await setup();
    const files = await wanted(at);
    const bad = Buffer.from(mirror.content.get(hello)!);
    bad[100]! ^= 1;
    mirror.fault(hello, { kind: 'replace', bytes: bad });
    await at.fetcher.fetchFiles(files);
    expect(await at.store.read(files[0]!)).toEqual(pristine.get(hello));
    const warnings = at.events.flatMap((event) => (event.type === 'log' ? [event.message] : []));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(`${mirror.url}/${hello}`);
  });

  test('does not ask a mirror again whose connections break, while another one is left', async () => {
    await using at = await setup({ downloads: 1 });
    const files = await wanted(at);
    mirror.server.requests.length = 0;
    mirror.fault(/^pool/, { kind: 'cut', bytes: 0 });
    await at.fetcher.fetchFiles(files);
    // Two attempts for the first file, none for the second.
    expect(mirror.requests.map(({ path }) => path)).toEqual([hello, hello]);
    expect(second.requests.map(({ path }) => path)).toEqual([hello, libhello]);
  });

  test('stopped in the middle, it leaves no half file', async () => {
    const stop = new AbortController();
    await using at = await setup({ signal: stop.signal });
    const files = await wanted(at);
    mirror.fault(hello, { kind: 'slow', pause: 5, piece: 100 });
    mirror.server.onRequest = ({ path }) => {
      if (path === hello)
        setTimeout(() => {
          stop.abort(new Error('Ctrl-C'));
        }, 15);
    };
    await expect(at.fetcher.fetchFiles(files)).rejects.toThrow('Ctrl-C');
    expect(await readdir(at.store.temporaryDirectory)).toEqual([]);
  });

  test('offline, touches no network and names what is missing', async () => {
    await using online = await setup();
    const files = await wanted(online);
    await using at = await setup({ offline: true });
    mirror.server.requests.length = 0;
    expect(await appErrorOf(() => at.fetcher.fetchFiles(files))).toMatchObject({
      kind: 'network',
      code: 'fetch.offline',
    });
    await at.store.putBytes(pristine.get(hello)!, { where: 'x' });
    await at.store.putBytes(pristine.get(libhello)!, { where: 'x' });
    await at.fetcher.fetchFiles(files);
    expect(mirror.requests).toEqual([]);
  });

  test('works from a directory', async () => {
    await using at = await setup();
    await using dir = await temporaryDirectory();
    await mirror.writeTo(join(dir.path, 'debian'));
    const repository = { ...mirror.repository, mirrors: [join(dir.path, 'debian')] };
    const release = await at.fetcher.fetchRelease(repository, 'trixie');
    await at.fetcher.fetchIndexes(release, ['amd64']);
    await at.fetcher.fetchFiles(await wanted(at, repository));
    expect(mirror.requests.some(({ path }) => path.startsWith('pool/'))).toBe(false);
  });
});

test('probeSource names the files that neither the store nor a mirror has', async () => {
  await using at = await setup();
  const release = await at.fetcher.fetchRelease(both, 'trixie');
  const [, index] = await at.fetcher.fetchIndexes(release, ['amd64'], { sources: true });
  const [source] = sourcesIn(await at.fetcher.openIndex(index!));
  const candidate = { source: source!, index: index! };
  expect(await at.fetcher.probeSource(both, candidate)).toEqual([]);
  for (const one of [mirror, second]) one.content.delete('pool/main/h/hello/hello.tar');
  expect(await at.fetcher.probeSource(both, candidate)).toEqual(['pool/main/h/hello/hello.tar']);
  await at.store.putBytes(Buffer.from('tar'), { where: 'x' });
  expect(await at.fetcher.probeSource(both, candidate)).toEqual([]);
});

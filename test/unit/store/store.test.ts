import { chmod, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sha256, type Sha256 } from '../../../core/digest.ts';
import { cacheDirectory, Layout } from '../../../builder/store/layout.ts';
import { openStore } from '../../../builder/store/store.ts';
import { uniqueTag } from '../../../edge/process-identity.ts';
import { appErrorOf } from '../../support/only-app-errors.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const bytes = Buffer.from('the bytes of a package');
const extent = { size: bytes.length, sha256: sha256(bytes) };
const DAY = 24 * 3600_000;
const id = sha256('stage');

async function* pieces(data: Buffer, size = 5): AsyncGenerator<Buffer> {
  for (let at = 0; at < data.length; at += size) yield await Promise.resolve(data.subarray(at, at + size));
}

/** Every file below a directory, without leases. */
async function filesIn(directory: string): Promise<string[]> {
  const names = await readdir(directory, { recursive: true, withFileTypes: true });
  return names
    .filter((entry) => entry.isFile() && !entry.parentPath.endsWith('leases'))
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}

describe('blobs', () => {
  test('a stream is stored under its hash, read-only, and found again by another store', async () => {
    await using dir = await temporaryDirectory();
    {
      await using store = await openStore(dir.path);
      expect(await store.has(extent)).toBe(false);
      expect(await store.putStream(pieces(bytes), { ...extent, where: 'x' })).toEqual(extent);
    }
    await using store = await openStore(dir.path);
    expect(await store.has(extent)).toBe(true);
    expect(await store.has({ ...extent, size: 1 })).toBe(false);
    const path = await store.verified(extent);
    expect(path.endsWith(`blobs/sha256/${extent.sha256.slice(0, 2)}/${extent.sha256}`)).toBe(true);
    expect((await stat(path)).mode & 0o777).toBe(0o444);
    expect(await store.read(extent)).toEqual(bytes);
    const streamed: Buffer[] = [];
    for await (const chunk of store.stream(extent)) streamed.push(chunk);
    expect(Buffer.concat(streamed)).toEqual(bytes);
  });

  test.each([
    ['shorter', bytes.subarray(1)],
    ['longer', Buffer.concat([bytes, Buffer.from('x')])],
    ['other', Buffer.from(bytes.toString().replace('p', 'P'))],
  ])('%s bytes than expected are refused and leave nothing', async (_, data) => {
    await using dir = await temporaryDirectory();
    await using store = await openStore(dir.path);
    const before = await filesIn(dir.path);
    const error = await appErrorOf(() => store.putStream(pieces(data), { ...extent, where: 'pool/x.deb' }));
    expect(error).toMatchObject({ kind: 'verification', code: 'chain.file', where: 'pool/x.deb' });
    expect(error.expected).toContain(String(extent.size));
    expect(await filesIn(dir.path)).toEqual(before);
  });

  test('a stream that fails leaves nothing', async () => {
    await using dir = await temporaryDirectory();
    await using store = await openStore(dir.path);
    const before = await filesIn(dir.path);
    async function* failing(): AsyncGenerator<Buffer> {
      yield bytes;
      await Promise.reject(new Error('gone'));
    }
    await expect(store.putStream(failing(), { where: 'x' })).rejects.toThrow('gone');
    expect(await filesIn(dir.path)).toEqual(before);
  });

  test('a writer that starts over counts and hashes from the start', async () => {
    await using dir = await temporaryDirectory();
    await using store = await openStore(dir.path);
    await using writer = await store.createWriter({ ...extent, where: 'x' });
    await writer.write(Buffer.from('some other bytes'));
    await writer.reset();
    expect(writer.written).toBe(0);
    await writer.write(bytes);
    expect(await writer.commit()).toEqual(extent);
    expect(await store.read(extent)).toEqual(bytes);
  });

  test('many writers of the same blob at once all succeed', async () => {
    await using dir = await temporaryDirectory();
    await using a = await openStore(dir.path);
    await using b = await openStore(dir.path);
    await Promise.all(
      [a, b, a, b, a, b].map((store, at) =>
        store.putStream(pieces(bytes, at + 1), { ...extent, where: 'x' }),
      ),
    );
    expect(await readdir(a.temporaryDirectory)).toEqual([]);
    expect(await b.read(extent)).toEqual(bytes);
  });

  test.each(['changed', 'truncated', 'longer'])('a %s blob is refused, named and removed', async (how) => {
    await using dir = await temporaryDirectory();
    await using writer = await openStore(dir.path);
    await writer.putBytes(bytes, { where: 'x' });
    const path = await writer.verified(extent);
    const bad = Buffer.from(bytes);
    bad[3]! ^= 1;
    await chmod(path, 0o644);
    const contents = { changed: bad, truncated: bytes.subarray(1), longer: Buffer.concat([bytes, bad]) };
    await writeFile(path, contents[how as keyof typeof contents]);
    // The process that wrote it notices as well as a new one.
    for (const store of [writer, await openStore(dir.path)]) {
      const error = await appErrorOf(() => store.verified(extent, 'hello 1.0 (amd64)'));
      expect(['store.blob', 'store.missing']).toContain(error.code);
      if (store === writer) {
        expect(error).toMatchObject({ kind: 'verification', code: 'store.blob' });
        expect(error.expected).toContain(extent.sha256);
        expect(error.where).toContain('hello 1.0 (amd64)');
      }
      expect(await store.has(extent)).toBe(false);
      if (store !== writer) await store[Symbol.asyncDispose]();
    }
  });
});

describe('records', () => {
  test('a stage is found while its blobs are there', async () => {
    await using dir = await temporaryDirectory();
    await using store = await openStore(dir.path);
    await store.putBytes(bytes, { where: 'x' });
    expect(await store.stage(id)).toBeUndefined();
    const record = { blobs: [extent], outputs: { image: extent.sha256, list: [1, null, 'x'] } };
    await store.putStage(id, record);
    expect(await store.stage(id)).toEqual(record);
    await store.putStage(sha256('other'), { blobs: [{ ...extent, size: 1 }], outputs: null });
    expect(await store.stage(sha256('other'))).toBeUndefined();
  });

  test.each(['flipped', 'empty', 'not JSON', 'another shape'])(
    'a record that is %s counts as absent',
    async (how) => {
      await using dir = await temporaryDirectory();
      await using store = await openStore(dir.path);
      await store.putStage(id, { blobs: [], outputs: { answer: 42 } });
      const path = new Layout(dir.path).record('stages', id);
      const text = await readFile(path, 'utf8');
      const texts = {
        flipped: text.replace('42', '43'),
        empty: '',
        'not JSON': '{',
        'another shape': '{"x":1}',
      };
      await writeFile(path, texts[how as keyof typeof texts]);
      expect(await store.stage(id)).toBeUndefined();
    },
  );

  test('derive computes once, and again when the key or the input changes', async () => {
    await using dir = await temporaryDirectory();
    await using store = await openStore(dir.path);
    let runs = 0;
    const upper = (input: Sha256, version: number): Promise<{ sha256: Sha256 }> =>
      store.derive({ kind: 'upper', version, input }, () => {
        runs += 1;
        return pieces(Buffer.from(bytes.toString().toUpperCase()));
      });
    const made = await upper(extent.sha256, 1);
    expect(await upper(extent.sha256, 1)).toEqual(made);
    expect(runs).toBe(1);
    await upper(extent.sha256, 2);
    await upper(sha256('other'), 1);
    expect(runs).toBe(3);
    expect((await store.read(made)).toString()).toBe('THE BYTES OF A PACKAGE');
  });
});

describe('garbage collection', () => {
  /** Three blobs, a stage over the second and a derived blob of the third, all unused for ten days. */
  async function filled(path: string) {
    const store = await openStore(path);
    const blobs = [];
    for (const text of ['one', 'two', 'three']) {
      blobs.push(await store.putBytes(Buffer.from(text), { where: text }));
    }
    const [one, two, three] = blobs as [typeof extent, typeof extent, typeof extent];
    await store.putStage(id, { blobs: [two], outputs: null });
    const derived = await store.derive({ kind: 'd', version: 1, input: three.sha256 }, () =>
      pieces(Buffer.from('3')),
    );
    const old = (Date.now() - 10 * DAY) / 1000;
    for (const file of await filesIn(path)) await utimes(join(path, file), old, old);
    return { store, one, two, three, derived };
  }
  const options = { grace: 5 * DAY, now: Date.now() };

  test('removes what is old and has no root', async () => {
    await using dir = await temporaryDirectory();
    const { store, one, derived } = await filled(dir.path);
    await using _ = store;
    expect(await store.collectGarbage({ ...options, dryRun: true })).toMatchObject({
      removedBlobs: 4,
      freed: 12,
    });
    expect(await store.has(derived)).toBe(true);
    const report = await store.collectGarbage({ grace: 0, now: Date.now() + 1000 });
    expect(report).toMatchObject({ removedBlobs: 4, removedRecords: 2, keptBlobs: 0 });
    expect(await store.has(one)).toBe(false);
  });

  test('keeps what roots need: blobs, the blobs of stages, and what derives from them', async () => {
    await using dir = await temporaryDirectory();
    const { store, one, two, three, derived } = await filled(dir.path);
    await using _ = store;
    const lock = join(dir.path, 'x.lock.json');
    await writeFile(lock, '');
    await store.setRoot({ path: lock, blobs: [three.sha256], stages: [id] });
    expect(await store.collectGarbage(options)).toMatchObject({ removedBlobs: 1, keptBlobs: 3, freed: 3 });
    expect(await Promise.all([one, two, three, derived].map((blob) => store.has(blob)))).toEqual([
      false,
      true,
      true,
      true,
    ]);
    expect(await store.stage(id)).toBeDefined();
  });

  test('a root whose file is gone keeps nothing', async () => {
    await using dir = await temporaryDirectory();
    const { store, three } = await filled(dir.path);
    await using _ = store;
    await store.setRoot({ path: join(dir.path, 'gone.lock.json'), blobs: [three.sha256], stages: [] });
    expect(await store.collectGarbage(options)).toMatchObject({ keptBlobs: 0 });
  });

  test('keeps what was used within the grace period', async () => {
    await using dir = await temporaryDirectory();
    const { store, one } = await filled(dir.path);
    await using _ = store;
    await store.has(one);
    expect(await store.collectGarbage({ ...options, now: Date.now() })).toMatchObject({ keptBlobs: 1 });
    expect(await store.has(one)).toBe(true);
  });

  test('is refused while another process uses the store, and not because of a dead one', async () => {
    await using dir = await temporaryDirectory();
    const { store } = await filled(dir.path);
    await using _ = store;
    const leases = new Layout(dir.path).leases;
    // Process 1 lives; a process with its number but another start time is dead.
    const living = await tagOf(1);
    await writeFile(join(leases, living), '');
    const error = await appErrorOf(() => store.collectGarbage(options));
    expect(error).toMatchObject({ kind: 'busy', code: 'store.busy', got: 'process 1' });
    await writeFile(join(leases, living.replace(/\.\d+\.(\w+)$/, '.999999999999.$1')), '');
    await rm(join(leases, living));
    await store.collectGarbage(options);
    expect((await readdir(leases)).every((name) => !name.includes('.999999999999.'))).toBe(true);
  });
});

/** A tag as process `pid` would make it. */
async function tagOf(pid: number): Promise<string> {
  const start = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]!.split(' ')[19]!;
  const [boot, namespace] = uniqueTag().split('.');
  return [boot, namespace, pid, start, 'abcdef'].join('.');
}

test('opening sweeps the temporary files of dead processes and no others', async () => {
  await using dir = await temporaryDirectory();
  const tmp = new Layout(dir.path).tmp;
  await mkdir(tmp, { recursive: true });
  const living = `.blob.tmp-${await tagOf(1)}`;
  const dead = living.replace(/\.\d+\.(\w+)$/, '.999999999999.$1');
  const rebooted = living.replace(/tmp-\w+/, 'tmp-000000000000');
  for (const name of [living, dead, rebooted, 'unrelated']) await writeFile(join(tmp, name), '');
  await using _ = await openStore(dir.path);
  expect(await readdir(tmp)).toEqual([living, 'unrelated']);
});

test('the cache directory follows the option, then XDG_CACHE_HOME, then the home directory', () => {
  expect(cacheDirectory('/x', { XDG_CACHE_HOME: '/y' })).toBe('/x');
  expect(cacheDirectory(undefined, { XDG_CACHE_HOME: '/y', HOME: '/h' })).toBe('/y/qubeforge');
  expect(cacheDirectory(undefined, { XDG_CACHE_HOME: 'relative', HOME: '/h' })).toBe('/h/.cache/qubeforge');
});

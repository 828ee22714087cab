import { readdir, readFile, writeFile, chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sha256 } from '../../../core/digest.ts';
import { openStore, type Store } from '../../../builder/store/store.ts';
import { feedBlobs } from '../../../edge/blob-feed.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const TEXTS = ['one', 'two', 'three', 'four'];
const BLOBS = TEXTS.map((text) => ({ size: text.length, sha256: sha256(text) }));

/** A store with the blobs, opened anew so that none of them counts as verified, and a directory to fill. */
async function opened(
  path: string,
): Promise<{ store: Store; directory: { path: string } & AsyncDisposable }> {
  {
    await using store = await openStore(join(path, 'cache'));
    for (const text of TEXTS) await store.putBytes(Buffer.from(text), { where: text });
  }
  const directory = join(path, 'fed');
  await mkdir(directory);
  return {
    store: await openStore(join(path, 'cache')),
    directory: { path: directory, [Symbol.asyncDispose]: () => Promise.resolve() },
  };
}

test('names come in the order of the blobs, each when its file is there', async () => {
  await using place = await temporaryDirectory();
  const { store, directory } = await opened(place.path);
  await using feed = feedBlobs(store, directory, BLOBS);
  const read: string[] = [];
  for await (const name of feed.names) read.push(await readFile(join(feed.path, name.trim()), 'utf8'));
  expect(read).toEqual(TEXTS);
  expect(feed.broken.aborted).toBe(false);
});

test('a damaged blob is not fed, nor what comes after it, and there is no end that could be taken for all', async () => {
  await using place = await temporaryDirectory();
  const { store, directory } = await opened(place.path);
  const damaged = store.pathOf(BLOBS[2]!);
  await chmod(damaged, 0o644);
  await writeFile(damaged, 'tHree');
  await using feed = feedBlobs(store, directory, BLOBS);
  const read: string[] = [];
  const reading = (async () => {
    for await (const name of feed.names) read.push(name.trim());
    return 'ended' as const;
  })();
  const broken = new Promise<'broken'>((resolve) => {
    if (feed.broken.aborted) resolve('broken');
    feed.broken.addEventListener('abort', () => {
      resolve('broken');
    });
  });
  expect(await Promise.race([reading, broken])).toBe('broken');
  expect(feed.broken.reason).toMatchObject({ kind: 'verification', code: 'store.blob' });
  expect(await readdir(feed.path)).toEqual(['00000', '00001']);
  expect(read).toEqual(['00000', '00001']);
});

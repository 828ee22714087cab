import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { GIB, MIB } from '../../../core/bytes.ts';
import { roomFor } from '../../../builder/sandbox/room.ts';
import { WorkPlaces } from '../../../edge/work-places.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

test('memory is taken while half a gibibyte stays free, and the account says how much there is', () => {
  expect(roomFor(GIB, 1.5 * GIB)).toEqual({
    place: 'memory',
    account: 'assembled in memory: about 1.0 GiB are needed, 1.5 GiB of memory are available',
  });
  expect(roomFor(GIB, 1.5 * GIB - 1)).toEqual({
    place: 'disk',
    account:
      'assembled on disk, which is slower: about 1.0 GiB are needed, 1.5 GiB of memory are available, and 512 MiB stay free for everything else',
  });
});

test('jobs at the same time do not count on the same memory; a directory is gone afterwards', async () => {
  await using place = await temporaryDirectory();
  const directory = join(place.path, 'tree');
  const places = new WorkPlaces(
    () => Promise.resolve(2 * GIB),
    () => directory,
  );
  const first = await places.take(GIB);
  expect(first.directory).toBeUndefined();
  {
    await using second = await places.take(600 * MIB);
    expect(second.directory).toBe(directory);
    expect((await stat(directory)).isDirectory()).toBe(true);
  }
  await expect(stat(directory)).rejects.toThrow('ENOENT');
  await first[Symbol.asyncDispose]();
  expect((await places.take(600 * MIB)).directory).toBeUndefined();
});

import { existsSync } from 'node:fs';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findStored } from '../../builder/stages/debian/packages.ts';
import { openStore } from '../../builder/store/store.ts';
import { linkedStore } from '../support/linked-store.ts';
import { run, type Outcome } from '../support/mini-project.ts';
import { testProject, TEST_CACHE } from '../support/project.ts';

const RECIPE = 'debian-13-minbase';

test('a damaged package is found while others are unpacked: refused, named, nothing left, made anew', async () => {
  await using project = await testProject();
  const locked = await project.lock(RECIPE);
  const tar = join(project.root, 'out', `${RECIPE}.rootfs.tar`);
  const build = async (cache: string): Promise<Outcome> => {
    await rm(join(project.root, 'out'), { recursive: true, force: true });
    return await run(project.root, cache, ['build', RECIPE, '--offline']);
  };
  await run(project.root, TEST_CACHE, ['build', RECIPE]);
  const good = await readFile(tar);

  await using warm = await linkedStore('damaged', 'warm');
  const last = locked.lock.packages.at(-1)!;
  let blob: string;
  {
    await using store = await openStore(warm.path);
    const stored = await findStored({ store }, last);
    blob = store.pathOf(stored!.data);
  }
  // A file of its own: the bytes of the others are shared with the tests' store.
  const bytes = await readFile(blob);
  bytes[bytes.length >> 1]! ^= 1;
  await writeFile(`${blob}.new`, bytes);
  await rename(`${blob}.new`, blob);

  const refused = await build(warm.path);
  expect(refused.error).toMatchObject({ kind: 'verification', code: 'store.blob', exitCode: 3 });
  expect(refused.error?.text).toContain(blob);
  expect(existsSync(tar)).toBe(false);
  expect(existsSync(blob)).toBe(false);
  expect(await readdir(join(warm.path, 'store/v1/tmp'))).toEqual([]);

  expect((await build(warm.path)).error?.text).toBeUndefined();
  expect((await readFile(tar)).equals(good)).toBe(true);
});

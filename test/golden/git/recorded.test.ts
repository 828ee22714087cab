import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseCommit } from '../../../builder/formats/git/objects.ts';
import { Pack } from '../../../builder/formats/git/pack.ts';
import { parseAdvertisement, parsePackAnswer, parseTagId } from '../../../builder/formats/git/protocol.ts';
import { treeAsTar, treeIdOfTar } from '../../../builder/formats/git/tree-tar.ts';
import { readTree } from '../../../builder/report/tree.ts';

/** What `git http-backend` 2.39.5 answered; ids are those that `git rev-parse` gave. */
const recorded = (name: string): Buffer => readFileSync(new URL(`${name}.bin`, import.meta.url));
const TAG = '4ddceecb177d147235ba8fe7f8484bae44d70066';
const COMMIT = 'cffc2c10fa2c8e2ada11e07e8293f5886fc8ec94';
const TREE = 'b72cba710480c54a22685ab1df7637368423457b';

it('reads a tag, its commit and files, deltas among them, from the answers of git', async () => {
  expect(parseAdvertisement(recorded('info-refs'), 'x')).toEqual({ hash: 'sha1' });
  expect(parseTagId(recorded('ls-refs'), 'v1.0', 'x')).toBe(TAG);
  const pack = new Pack(parsePackAnswer(recorded('fetch'), 'x'), 'sha1', 'x');
  expect(pack.read(TAG, 'tag').toString()).toContain(`object ${COMMIT}\n`);
  expect(parseCommit(pack.read(COMMIT, 'commit'), 'x')).toEqual({ tree: TREE, committed: 1_700_000_000 });
  const tar = async function* (): AsyncGenerator<Buffer> {
    yield* await Promise.resolve(treeAsTar(pack, TREE, { hash: 'sha1', mtime: 1, where: 'x' }));
  };
  expect(await treeIdOfTar(tar(), 'sha1', 'x')).toBe(TREE);
  const tree = await readTree(tar(), 'x');
  expect([...tree.keys()]).toEqual([
    ...['source', 'source/README', 'source/link', 'source/run', 'source/xen', 'source/xen/arch.c'],
    ...['source/xen/arch', 'source/xen/arch/three', 'source/xen/one', 'source/xen/two', 'source/xen/zz'],
  ]);
  expect(tree.get('source/run')).toMatchObject({ type: 'file', mode: 0o755 });
  expect(tree.get('source/link')).toMatchObject({ type: 'symlink', link: 'README' });
});

import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listFiles, listTree, type ListFiles } from '../../../edge/list-tree.ts';

/** SHA-256 of `a` and of nothing (FIPS 180-4), made by sha256sum. */
const OF_A = 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb';
const OF_NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

describe('listTree', () => {
  let root = '';
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'list-tree-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  it('lists directories, files and links in the order of their names', async () => {
    await mkdir(join(root, 'b'));
    await writeFile(join(root, 'b', 'file'), 'a');
    await chmod(join(root, 'b', 'file'), 0o751);
    await writeFile(join(root, 'c'), '');
    await chmod(join(root, 'c'), 0o600);
    await symlink('b/file', join(root, 'a'));
    expect(await listTree(root, listFiles)).toBe(
      ['l b/file a', 'd b', `f 751 1 ${OF_A} b/file`, `f 600 0 ${OF_NOTHING} c`, ''].join('\n'),
    );
  });

  it('puts the lines in their places, whatever batch is read first', async () => {
    const names = Array.from({ length: 700 }, (_, index) => `file-${String(index).padStart(4, '0')}`);
    await mkdir(join(root, 'd'));
    for (const [index, name] of names.entries()) await writeFile(join(root, 'd', name), String(index));
    let asked = 0;
    const lastFirst: ListFiles = async (...given) => {
      const delay = 30 - 10 * asked++;
      await new Promise((resolve) => setTimeout(resolve, delay));
      return await listFiles(...given);
    };
    expect(await listTree(root, lastFirst)).toBe(
      [
        'd d',
        ...(await listFiles(
          root,
          names.map((name) => `d/${name}`),
        )),
        '',
      ].join('\n'),
    );
    expect(asked).toBeGreaterThan(2);
  });

  it('tells a file from a directory in its place', async () => {
    const lists = new Set<string>();
    for (const make of [() => writeFile(join(root, 'x'), ''), () => mkdir(join(root, 'x'))]) {
      await make();
      lists.add(await listTree(root, listFiles));
      await rm(join(root, 'x'), { recursive: true });
    }
    expect(lists.size).toBe(2);
  });
});

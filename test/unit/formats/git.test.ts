import { beforeAll, describe, expect, it } from 'vitest';
import { applyDelta } from '../../../builder/formats/git/delta.ts';
import { parseTree, printTree, type GitHash } from '../../../builder/formats/git/objects.ts';
import { Pack } from '../../../builder/formats/git/pack.ts';
import { parseAdvertisement, parsePackAnswer } from '../../../builder/formats/git/protocol.ts';
import { treeAsTar, treeIdOfTar } from '../../../builder/formats/git/tree-tar.ts';
import { tarHeader, TAR_END } from '../../../builder/formats/tar-write.ts';
import { sampleRepository, writePack, type Deltas } from '../../support/git-samples.ts';
import { codeOf, codeOfAsync } from '../../support/only-app-errors.ts';
import { makeTestKey, type TestKey } from '../../support/test-keys.ts';

const LONG = Array.from({ length: 300 }, (_, at) => `line ${at}\n`).join('');
const FILES = {
  ...{ 'a.c': 'one', 'a/b': LONG, 'a/c': `${LONG}more`, 'a/d': `${LONG}most`, 'a-b': '' },
  ...{ run: '*#!/bin/sh\n', link: '->a.c', 'deep/er/and/deeper': 'x' },
};

let key: TestKey;
beforeAll(async () => {
  key = await makeTestKey();
});

async function* chunks(pieces: Iterable<Buffer>): AsyncGenerator<Buffer> {
  for (const piece of pieces) yield await Promise.resolve(piece);
}

describe('a pack', () => {
  it.each<[GitHash, Deltas]>([
    ['sha1', 'none'],
    ['sha1', 'offset'],
    ['sha1', 'id'],
    ['sha1', 'forward'],
    ['sha256', 'none'],
    ['sha256', 'id'],
  ])('of %s with deltas by %s gives back each object', async (hash, deltas) => {
    const { objects, tree } = await sampleRepository(FILES, { key, hash });
    const pack = new Pack(writePack(objects, hash, deltas), hash, 'x');
    for (const [id, { type, content }] of objects) expect(pack.read(id, type)).toEqual(content);
    const options = { hash, mtime: 1_700_000_000, where: 'x' };
    expect(await treeIdOfTar(chunks(treeAsTar(pack, tree, options)), hash, 'x')).toBe(tree);
  });

  it('is refused when a byte is changed, and when an object is asked for that it lacks', async () => {
    const { objects, tree } = await sampleRepository(FILES, { key });
    const pack = writePack(objects, 'sha1');
    const changed = Buffer.from(pack);
    changed[40]! ^= 1;
    expect(codeOf(() => new Pack(changed, 'sha1', 'x'))).toBe('git.pack');
    expect(codeOf(() => new Pack(pack.subarray(0, 50), 'sha1', 'x'))).toBe('git.pack');
    expect(codeOf(() => new Pack(pack, 'sha1', 'x').read(tree, 'blob'))).toBe('git.missing');
    expect(codeOf(() => new Pack(pack, 'sha1', 'x').read('0'.repeat(40), 'blob'))).toBe('git.missing');
  });
});

describe('a delta', () => {
  it.each([
    ['of another base', [3, 1, 1, 97]],
    ['with the reserved instruction', [2, 1, 0]],
    ['that copies from beyond the base', [2, 9, 0x90, 9]],
    ['that makes more than it says', [2, 1, 2, 97, 98]],
    ['that makes less than it says', [2, 5, 1, 97]],
    ['that is cut short', [2, 5, 5, 97]],
    ['that announces too much', [2, 0xff, 0xff, 0xff, 0x7f, 1, 97]],
  ])('%s is refused', (_, bytes) => {
    expect(codeOf(() => applyDelta(Buffer.from('ab'), Buffer.from(bytes), 'x', 1000))).toBe('git.delta');
  });
});

describe('a tree', () => {
  const id = '1'.repeat(40);
  const item = (mode: string, name: string): Buffer =>
    Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')]);
  it.each([
    ['a submodule', [item('160000', 'a')]],
    ['a path', [item('100644', 'a/b')]],
    ['the directory above', [item('40000', '..')]],
    ['.git', [item('40000', '.GIT')]],
    ['an empty name', [item('100644', '')]],
    ['a name twice', [item('100644', 'a'), item('100644', 'a')]],
    ['a name twice, once as a directory', [item('100644', 'a'), item('100644', 'a.b'), item('40000', 'a')]],
    ['names in another order', [item('100644', 'b'), item('100644', 'a')]],
    ['a piece', [item('100644', 'a').subarray(0, 12)]],
    [
      'a name that is not UTF-8',
      [Buffer.concat([Buffer.from('100644 '), Buffer.from([0xff, 0]), Buffer.from(id, 'hex')])],
    ],
  ])('with %s is refused', (_, items) => {
    expect(codeOf(() => parseTree(Buffer.concat(items), 'sha1', 'x'))).toBe('git.tree');
  });

  it('has its directories sorted as git does', () => {
    const items = [
      { mode: '40000', name: 'a', id },
      { mode: '100644', name: 'a.c', id },
      { mode: '100644', name: 'a0', id },
    ];
    expect(parseTree(printTree(items), 'sha1', 'x').map(({ name }) => name)).toEqual(['a.c', 'a', 'a0']);
  });
});

describe('a tar of a tree', () => {
  const header = (path: string, type: 'file' | 'directory' | 'fifo'): Buffer =>
    tarHeader({ path, type, mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 0 });
  it.each([
    ['has a path outside', [header('other/a', 'file')]],
    ['has a device', [header('source/a', 'fifo')]],
    ['has a path twice', [header('source/a', 'file'), header('source/a', 'file')]],
    ['has a file before its directory', [header('source/a/b', 'file')]],
  ])('that %s is refused', async (_, headers) => {
    expect(await codeOfAsync(() => treeIdOfTar(chunks([...headers, TAR_END]), 'sha1', 'x'))).toBe('git.tar');
  });
});

describe('the answers of a server', () => {
  const pkt = (text: string): string => (text.length + 4).toString(16).padStart(4, '0') + text;
  it.each([
    ['an older version', `${pkt('version 1\n')}0000`],
    ['a page', '<html>'],
    ['no shallow fetches', `${pkt('version 2\n')}${pkt('ls-refs\n')}${pkt('fetch\n')}0000`],
  ])('with %s are refused', (_, text) => {
    expect(codeOf(() => parseAdvertisement(Buffer.from(text), 'x'))).toBe('git.protocol');
  });

  it('give the words of a server that refuses', () => {
    expect(() => parsePackAnswer(Buffer.from(pkt('ERR not our ref\n')), 'x')).toThrow(/refuses/);
    const late = Buffer.from(`${pkt('packfile\n')}${pkt('\u0003out of memory')}0000`);
    expect(codeOf(() => parsePackAnswer(late, 'x'))).toBe('git.server');
  });
});

import { describe, expect, it } from 'vitest';
import { paxRecord } from '../../../builder/formats/pax.ts';
import { tarChecksum } from '../../../builder/formats/tar-numbers.ts';
import { TAR_END, tarHeader, tarPadding } from '../../../builder/formats/tar-write.ts';
import { codeOf } from '../../support/only-app-errors.ts';
import { scan, tarArchive, tarEntry } from '../../support/tar-samples.ts';

/** A header with bytes put over it and its checksum made good. */
function header(type: string, patches: Readonly<Record<number, string | Buffer>> = {}, size = 0): Buffer {
  const block = tarHeader(tarEntry('name', 'file', { size }));
  block.write(type, 156, 'latin1');
  for (const [at, text] of Object.entries(patches))
    Buffer.from(text as string, 'latin1').copy(block, Number(at));
  block.write(`${tarChecksum(block).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

function member(type: string, content: string | Buffer): Buffer {
  const body = Buffer.from(content as string);
  return Buffer.concat([header(type, {}, body.length), body, tarPadding(body.length)]);
}

const archive = (...parts: Buffer[]): Buffer => Buffer.concat([...parts, TAR_END]);
const only = (bytes: Buffer): ReturnType<typeof scan>[number]['entry'] => {
  const found = scan(bytes);
  expect(found).toHaveLength(1);
  return found[0]!.entry;
};

describe('the tar scanner reads', () => {
  it('GNU long names and links', () => {
    const long = `${'d/'.repeat(200)}name`;
    const bytes = archive(member('L', `${long}\0`), member('K', `${long}-target\0`), header('2'));
    expect(only(bytes)).toMatchObject({
      path: long,
      type: 'symlink',
      linkname: `${long}-target`,
      headerOffset: 0,
    });
  });

  it('base-256 numbers', () => {
    const uid = Buffer.from('8000000080000001', 'hex');
    const mtime = Buffer.from('ffffffffffffffffffffffff', 'hex');
    expect(only(archive(header('0', { 108: uid, 136: mtime })))).toMatchObject({
      uid: 0x80000001,
      mtime: -1,
    });
  });

  it('headers of GNU tar, whose prefix field is no prefix', () => {
    expect(only(archive(header('0', { 257: 'ustar  \0', 345: '12345670123\0' }))).path).toBe('name');
  });

  it('headers from before POSIX: a final slash means a directory', () => {
    const bytes = archive(header('\0', { 0: 'old/\0', 257: '\0'.repeat(8) }));
    expect(only(bytes)).toMatchObject({ path: 'old/', type: 'directory' });
  });

  it('PAX records before those of the header, global ones after both', () => {
    const global = Buffer.concat([
      paxRecord('path', 'of all'),
      paxRecord('uid', '7'),
      paxRecord('comment', 'x'),
    ]);
    const own = Buffer.concat([paxRecord('path', 'own'), paxRecord('mtime', '1.5')]);
    const [first, second] = scan(archive(member('g', global), member('x', own), header('0'), header('0')));
    expect(first?.entry).toMatchObject({ path: 'own', uid: 7, mtime: 1.5 });
    expect(second?.entry).toMatchObject({ path: 'of all', uid: 7, mtime: 0 });
  });

  it('extended attributes as bytes', () => {
    const value = Buffer.from('0100000200ff00fe0a3d', 'hex');
    const bytes = archive(member('x', paxRecord('SCHILY.xattr.security.capability', value)), header('0'));
    expect(only(bytes).xattrs.get('security.capability')).toEqual(value);
  });

  it('an empty archive, one with a single zero block, and one with more behind its end', () => {
    expect(scan(archive())).toEqual([]);
    expect(scan(Buffer.concat([header('0'), TAR_END.subarray(512)]))).toHaveLength(1);
    expect(scan(Buffer.concat([header('0'), TAR_END, Buffer.from('anything')]))).toHaveLength(1);
  });
});

describe('the tar scanner refuses', () => {
  it.each<[string, string, Buffer]>([
    ['nothing at all', 'tar.truncated', Buffer.alloc(0)],
    ['no end mark', 'tar.truncated', header('0')],
    ['a wrong checksum', 'tar.checksum', archive(Buffer.concat([Buffer.from('X'), header('0').subarray(1)]))],
    ['an entry behind a zero block', 'tar.end', archive(TAR_END.subarray(512), header('0'))],
    ['a name header without an entry', 'tar.end', archive(member('L', 'x\0'))],
    ['a sparse file', 'tar.type', archive(header('S'))],
    ['a volume label', 'tar.type', archive(header('V'))],
    [
      'a PAX sparse file',
      'tar.sparse',
      archive(member('x', paxRecord('GNU.sparse.major', '1')), header('0')),
    ],
    ['an unknown type', 'tar.type', archive(header('Z'))],
    ['a directory with content', 'tar.size', archive(header('5', {}, 10))],
    ['a huge name', 'tar.extension', archive(header('L', {}, 2 ** 21))],
    ['a negative size', 'tar.size', archive(header('0', { 124: Buffer.alloc(12, 0xff) }))],
    ['a number that is none', 'tar.number', archive(header('0', { 108: '00x0000\0' }))],
    [
      'a number too large to count',
      'tar.number',
      archive(header('0', { 124: Buffer.from(`80${'ff'.repeat(11)}`, 'hex') })),
    ],
    ['a symlink without a target', 'tar.name', archive(header('2'))],
    ['an empty name', 'tar.name', archive(header('0', { 0: '\0\0\0\0' }))],
    ['a name that is not UTF-8', 'tar.encoding', archive(header('0', { 0: '\xff\xfe' }))],
    ['a PAX name with a NUL', 'tar.name', archive(member('x', paxRecord('path', 'a\0b')), header('0'))],
    ['a PAX record too long', 'pax.record', archive(member('x', '99 path=a\n'), header('0'))],
    ['a PAX record too short', 'pax.length', archive(member('x', '4 a\n'), header('0'))],
    ['a PAX record without a key', 'pax.record', archive(member('x', '5 =a\n'), header('0'))],
    ['a PAX number that is none', 'pax.number', archive(member('x', paxRecord('uid', '-1')), header('0'))],
    ['a PAX size with a fraction', 'pax.number', archive(member('x', paxRecord('size', '1.5')), header('0'))],
    [
      'an attribute without a name',
      'pax.xattr',
      archive(member('x', paxRecord('SCHILY.xattr.', 'v')), header('0')),
    ],
  ])('%s', (_, code, bytes) => {
    expect(codeOf(() => scan(bytes))).toBe(code);
  });
});

describe('the tar writer', () => {
  it('divides long ASCII names as ustar does', () => {
    const path = `${'d'.repeat(99)}/${'e'.repeat(54)}/${'n'.repeat(100)}`;
    expect(tarHeader(tarEntry(path))).toHaveLength(512);
    expect(only(tarArchive([{ entry: tarEntry(path), content: Buffer.alloc(0) }])).path).toBe(path);
  });

  it.each([
    ['an empty name', tarEntry('')],
    ['a NUL in a name', tarEntry('a\0')],
    ['a symlink without a target', tarEntry('a', 'symlink')],
    ['a directory with content', tarEntry('a', 'directory', { size: 1 })],
    ['a negative id', tarEntry('a', 'file', { uid: -1 })],
    ['too many mode bits', tarEntry('a', 'file', { mode: 0o10000 })],
    [
      'an attribute whose name would be cut',
      tarEntry('a', 'file', { xattrs: new Map([['user.a=b', Buffer.from('x')]]) }),
    ],
    ['no time', tarEntry('a', 'file', { mtime: NaN })],
  ])('refuses %s', (_, entry) => {
    expect(codeOf(() => tarHeader(entry))).toBe('tar.write');
  });
});

import { describe, expect, it } from 'vitest';
import { readArMembers } from '../../../builder/formats/ar.ts';
import { describeDeb, parseControl, readDeb } from '../../../builder/formats/deb.ts';
import { compressionOfName, detectCompression } from '../../../builder/formats/compression.ts';
import { arArchive, arHeader } from '../../support/ar-samples.ts';
import { codeOf, codeOfAsync } from '../../support/only-app-errors.ts';

const members = (bytes: Buffer): ReturnType<typeof readArMembers> => readArMembers(bytes, 'x.deb');

describe('readArMembers', () => {
  it('finds each member', async () => {
    const archive = arArchive([
      ['debian-binary', '2.0\n'],
      ['odd', 'abc'],
      ['slash/', ''],
    ]);
    expect(await members(archive)).toEqual([
      { name: 'debian-binary', offset: 68, size: 4 },
      { name: 'odd', offset: 132, size: 3 },
      { name: 'slash', offset: 196, size: 0 },
    ]);
  });

  it('reads through a port, only headers', async () => {
    const archive = arArchive([
      ['big', 'x'.repeat(100_000)],
      ['next', 'yy'],
    ]);
    let bytesRead = 0;
    const port = {
      size: archive.length,
      read: (offset: number, length: number) => {
        bytesRead += length;
        return Promise.resolve(archive.subarray(offset, offset + length));
      },
    };
    expect(await readArMembers(port, 'x')).toHaveLength(2);
    expect(bytesRead).toBe(8 + 2 * 60);
  });

  const good = arArchive([
    ['debian-binary', '2.0\n'],
    ['odd', 'abc'],
    ['last', 'z'],
  ]);
  it.each([
    ['an empty file', Buffer.alloc(0), 'ar.truncated'],
    ['another magic', Buffer.from('!<thin>\n'), 'ar.magic'],
    ['a cut header', good.subarray(0, 30), 'ar.truncated'],
    ['a cut member', good.subarray(0, 70), 'ar.truncated'],
    ['a trailing byte', Buffer.concat([good, Buffer.from('\nx')]), 'ar.truncated'],
    ['a name table of GNU ar', arArchive([['//', 'long-name/\n']]), 'ar.name'],
    ['a long name of GNU ar', arArchive([['/0', 'x']]), 'ar.name'],
    ['a long name of BSD ar', arArchive([['#1/20', 'x'.repeat(30)]]), 'ar.name'],
    ['a name with a path', arArchive([['a/b', 'x']]), 'ar.name'],
    ['no name', arArchive([['', 'x']]), 'ar.name'],
    ['a negative size', Buffer.concat([Buffer.from('!<arch>\n'), arHeader('a', '-1')]), 'ar.size'],
    ['a hexadecimal size', Buffer.concat([Buffer.from('!<arch>\n'), arHeader('a', '0x1')]), 'ar.size'],
    [
      'a size beyond the end',
      Buffer.concat([Buffer.from('!<arch>\n'), arHeader('a', '9999999999')]),
      'ar.truncated',
    ],
    ['bad padding', Buffer.from(good.toString('latin1').replace('abc\n', 'abc!'), 'latin1'), 'ar.padding'],
    [
      'a bad end of a header',
      Buffer.from(good.toString('latin1').replace('`\n', '`!'), 'latin1'),
      'ar.header',
    ],
    ['a thousand members', arArchive(Array.from({ length: 1000 }, (_, i) => [`m${i}`, ''])), 'ar.members'],
  ])('refuses %s', async (_, bytes, code) => {
    expect(await codeOfAsync(() => members(bytes))).toBe(code);
  });
});

describe('the layout of a .deb', () => {
  const deb = (...names: string[]): Buffer =>
    arArchive(names.map((name) => [name, name === 'debian-binary' ? '2.0\n' : 'xx']));

  it('is two tars and their compression', async () => {
    expect(await readDeb(deb('debian-binary', 'control.tar.gz', '_gpgorigin', 'data.tar.xz'), 'x')).toEqual({
      control: { offset: 132, size: 2, compression: 'gz' },
      data: { offset: 256, size: 2, compression: 'xz' },
    });
    const plain = await readDeb(deb('debian-binary', 'control.tar', 'data.tar.zst'), 'x');
    expect([plain.control.compression, plain.data.compression]).toEqual(['none', 'zst']);
  });

  it.each([
    [['control.tar.gz', 'data.tar.xz'], 'deb.members'],
    [['control.tar.gz', 'debian-binary', 'data.tar.xz'], 'deb.members'],
    [['_x', 'debian-binary', 'control.tar.gz', 'data.tar.xz'], 'deb.members'],
    [['debian-binary', 'control.tar.gz', 'data.tar.xz', 'extra'], 'deb.members'],
    [['debian-binary', 'data.tar.xz', 'control.tar.gz'], 'deb.compression'],
    [['debian-binary', 'control.tar.gz', 'data.tar.bz2'], 'deb.compression'],
    [['debian-binary', 'control.tar.gz', 'data.tar.lzma'], 'deb.compression'],
    [['debian-binary', 'control.tar.gz'], 'deb.compression'],
    [['debian-binary', 'control.tar.constructor', 'data.tar'], 'deb.compression'],
    [[], 'deb.members'],
  ])('refuses %j', (names, code) => {
    const list = names.map((name) => ({ name, offset: 0, size: 0 }));
    expect(codeOf(() => describeDeb(list))).toBe(code);
  });

  it('refuses another format version', async () => {
    const bytes = arArchive([
      ['debian-binary', '3.0\n'],
      ['control.tar', ''],
      ['data.tar', ''],
    ]);
    expect(await codeOfAsync(() => readDeb(bytes, 'x'))).toBe('deb.version');
  });
});

describe('parseControl', () => {
  it('gives the fields as they stand', () => {
    expect(
      parseControl('Package: a\nVersion: 1\nArchitecture: all\nMulti-Arch: same\nEssential: yes\n'),
    ).toEqual({
      name: 'a',
      version: '1',
      architecture: 'all',
      multiArch: 'same',
      essential: true,
      fields: [
        ['Package', 'a'],
        ['Version', '1'],
        ['Architecture', 'all'],
        ['Multi-Arch', 'same'],
        ['Essential', 'yes'],
      ],
    });
  });

  it.each([
    ['Package: a\nVersion: 1\n', 'deb.control'],
    ['Package: ../a\nVersion: 1\nArchitecture: all\n', 'deb.control'],
    ['Package: a\nVersion: 1_\nArchitecture: all\n', 'debian-version.invalid'],
    ['Package: a\n\nVersion: 1\n', 'deb.control'],
    ['', 'deb.control'],
  ])('refuses %j', (text, code) => {
    expect(codeOf(() => parseControl(text))).toBe(code);
  });
});

describe('compression', () => {
  it('is known by suffix and by magic', () => {
    expect(['', '.gz', '.xz', '.zst', '.bz2', 'x'].map(compressionOfName)).toEqual([
      'none',
      'gz',
      'xz',
      'zst',
      undefined,
      undefined,
    ]);
    expect(detectCompression(Buffer.from('fd377a585a00', 'hex'))).toBe('xz');
    expect(detectCompression(Buffer.from('1f8b08', 'hex'))).toBe('gz');
    expect(detectCompression(Buffer.from('28b52ffd', 'hex'))).toBe('zst');
    expect(detectCompression(Buffer.from('fd377a', 'hex'))).toBe('none');
    expect(detectCompression(Buffer.alloc(0))).toBe('none');
  });
});

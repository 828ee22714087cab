import { describe, expect, it } from 'vitest';
import { parseControl, readDeb } from '../../../builder/formats/deb.ts';
import { writeDeb, type DebFile, type DebSpec } from '../../../builder/formats/deb-write.ts';
import { checkEntry, newTarSafety } from '../../../builder/formats/tar-safety.ts';
import { codeOf } from '../../support/only-app-errors.ts';
import { scan } from '../../support/tar-samples.ts';

const SPEC: DebSpec = {
  control: [
    ['Package', 'qubeforge-test'],
    ['Version', '1.0'],
    ['Architecture', 'all'],
    ['Description', 'short\nlong\n.\nlast'],
  ],
  scripts: { postinst: '#!/bin/sh\nset -e\n', triggers: 'interest x\n' },
  conffiles: ['/etc/a.conf'],
  files: [
    { path: 'usr/lib/a.b', mode: 0o644, content: 'second' },
    { path: 'usr/lib/a/x', mode: 0o755, content: Buffer.alloc(1025) },
    { path: 'etc/a.conf', mode: 0o644, content: 'a' },
    { path: 'usr/bin/x', linkname: '../lib/a/x' },
    { path: 'var/lib/a', mode: 0o700, directory: true },
  ],
  epoch: 1_700_000_000,
};

const open = async (spec: DebSpec): Promise<Record<'control' | 'data', ReturnType<typeof scan>>> => {
  const deb = writeDeb(spec);
  const { control, data } = await readDeb(deb, 'x.deb');
  expect([control.compression, data.compression]).toEqual(['none', 'none']);
  const tar = ({ offset, size }: typeof control): ReturnType<typeof scan> =>
    scan(deb.subarray(offset, offset + size));
  return { control: tar(control), data: tar(data) };
};

describe('writeDeb', () => {
  it('writes a package that our readers accept', async () => {
    const { control, data } = await open(SPEC);
    expect(control.map(({ entry }) => [entry.path, entry.mode])).toEqual([
      ['./', 0o755],
      ['./conffiles', 0o644],
      ['./control', 0o644],
      ['./md5sums', 0o644],
      ['./postinst', 0o755],
      ['./triggers', 0o644],
    ]);
    const text = (name: string): string =>
      control.find(({ entry }) => entry.path === `./${name}`)!.content.toString();
    expect(parseControl(text('control')).fields.at(-1)).toEqual(['Installed-Size', '14']);
    expect(text('conffiles')).toBe('/etc/a.conf\n');
    expect(text('md5sums').split('\n')[0]).toBe('0cc175b9c0f1b6a831c399e269772661  etc/a.conf');

    const state = newTarSafety();
    expect(data.map(({ entry }) => checkEntry(entry, state).path)).toEqual([
      '',
      'etc',
      'etc/a.conf',
      'usr',
      'usr/bin',
      'usr/lib',
      'usr/lib/a',
      'usr/lib/a/x',
      'usr/lib/a.b',
      'var',
      'var/lib',
      'var/lib/a',
      'usr/bin/x',
    ]);
    expect(
      data.every(({ entry }) => entry.mtime === SPEC.epoch && entry.uid === 0 && entry.uname === 'root'),
    ).toBe(true);
    expect(data.find(({ entry }) => entry.path === './var/lib/a/')?.entry.mode).toBe(0o700);
    expect(data.find(({ entry }) => entry.path === './usr/bin/x')?.entry.linkname).toBe('../lib/a/x');
  });

  it('depends on the files, not on their order', () => {
    expect(writeDeb({ ...SPEC, files: [...SPEC.files].reverse() })).toEqual(writeDeb(SPEC));
  });

  it.each<[string, DebFile[]]>([
    ['an absolute path', [{ path: '/a', mode: 0o644, content: '' }]],
    ['a climbing path', [{ path: 'a/../b', mode: 0o644, content: '' }]],
    ['a dot', [{ path: './a', mode: 0o644, content: '' }]],
    ['a path too long for ustar', [{ path: 'a'.repeat(101), mode: 0o644, content: '' }]],
    ['an empty path', [{ path: '', mode: 0o644, content: '' }]],
    [
      'a path that stands twice',
      [
        { path: 'a', mode: 0o644, content: '' },
        { path: 'a', linkname: 'b' },
      ],
    ],
    [
      'a path below a file',
      [
        { path: 'a', mode: 0o644, content: '' },
        { path: 'a/b', mode: 0o644, content: '' },
      ],
    ],
  ])('refuses %s', (_, files) => {
    expect(codeOf(() => writeDeb({ ...SPEC, files }))).toBe('deb.write');
  });
});

import { describe, expect, it } from 'vitest';
import type { TarEntry } from '../../../builder/formats/tar-entry.ts';
import {
  checkEntry,
  newTarSafety,
  type SafeEntry,
  type TarSafetyOptions,
} from '../../../builder/formats/tar-safety.ts';
import { codeOf } from '../../support/only-app-errors.ts';
import { tarEntry } from '../../support/tar-samples.ts';

const file = (path: string, mode = 0o644): TarEntry => tarEntry(path, 'file', { mode });
const directory = (path: string): TarEntry => tarEntry(path, 'directory');
const symlink = (path: string, linkname: string): TarEntry => tarEntry(path, 'symlink', { linkname });
const hardlink = (path: string, linkname: string): TarEntry => tarEntry(path, 'hardlink', { linkname });
const device = (path: string): TarEntry => tarEntry(path, 'char', { devmajor: 1, devminor: 3 });

function check(entries: readonly TarEntry[], options?: TarSafetyOptions): SafeEntry[] {
  const state = newTarSafety(options);
  return entries.map((entry) => checkEntry(entry, state));
}

const paths = (entries: readonly TarEntry[], options?: TarSafetyOptions): string[] =>
  check(entries, options).map(({ path }) => path);

describe('checkEntry accepts', () => {
  it('what packages hold, and brings names to one form', () => {
    expect(
      paths([
        directory('./'),
        directory('./usr/'),
        file('./usr/a'),
        file('usr//./b'),
        hardlink('./usr/c', './usr/a'),
      ]),
    ).toEqual(['', 'usr', 'usr/a', 'usr/b', 'usr/c']);
  });

  it('the links of usr-merge, and entries that land behind them', () => {
    expect(
      paths([
        symlink('./lib', 'usr/lib'),
        symlink('./usr/lib64', '../lib'),
        file('./lib/a'),
        file('./usr/lib64/b'),
      ]),
    ).toEqual(['lib', 'usr/lib64', 'usr/lib/a', 'usr/lib/b']);
  });

  it('links that the target directory already holds', () => {
    const links = new Map([['lib', 'usr/lib']]);
    expect(paths([directory('./lib/'), file('./lib/x/y')], { links })).toEqual(['usr/lib', 'usr/lib/x/y']);
  });

  it('no directory in the place of a link that leads out, or that the archive itself brought', () => {
    const links = new Map([['lib', '../lib']]);
    expect(codeOf(() => check([directory('./lib/')], { links }))).toBe('tar-safety.link');
    expect(codeOf(() => check([symlink('a', 'b'), directory('a')]))).toBe('tar-safety.duplicate');
  });

  it('symlinks to anywhere, as long as nothing goes through them', () => {
    expect(paths([symlink('a', '/etc/passwd'), symlink('b', '../../..'), symlink('c', 'c')])).toEqual([
      'a',
      'b',
      'c',
    ]);
  });

  it('a hardlink to a symlink, which then is a symlink too', () => {
    const start = [symlink('a', '/etc'), hardlink('b', 'a')];
    expect(check(start)[1]).toMatchObject({ path: 'b', target: 'a' });
    expect(codeOf(() => check([...start, file('b/passwd')]))).toBe('tar-safety.link');
  });

  it('directories again and again, and files too', () => {
    expect(paths([directory('a'), directory('./a/'), file('a/b'), file('a/b')])).toHaveLength(4);
  });

  it('devices, when they are allowed', () => {
    expect(paths([device('dev/null')], { devices: true })).toEqual(['dev/null']);
  });

  it('setuid and setgid files, and says so', () => {
    const [plain, setuid, setgid, sticky] = check([
      file('a'),
      file('b', 0o4755),
      file('c', 0o2755),
      tarEntry('d', 'directory', { mode: 0o3777 }),
    ]);
    expect([plain?.setuid, plain?.setgid]).toEqual([false, false]);
    expect([setuid?.setuid, setuid?.setgid]).toEqual([true, false]);
    expect([setgid?.setuid, setgid?.setgid]).toEqual([false, true]);
    expect([sticky?.setuid, sticky?.setgid]).toEqual([false, false]);
  });
});

describe('checkEntry refuses', () => {
  it.each<[string, string, TarEntry[]]>([
    ['an empty name', 'name', [file('')]],
    ['a NUL byte', 'name', [file('a\0b')]],
    ['a line feed, which would add a line to the list of files', 'name', [file('a\n/etc/shadow')]],
    ['an absolute name', 'absolute', [file('/etc/passwd')]],
    ['a climb', 'parent', [file('../x')]],
    ['a climb that comes back', 'parent', [file('a/../b')]],
    ['a climb at the end', 'parent', [directory('a/..')]],
    ['a long name', 'length', [file('a/'.repeat(3000))]],
    ['a long part of a name', 'length', [file('é'.repeat(128))]],
    ['an entry below an absolute symlink', 'link', [symlink('a', '/etc'), file('a/passwd')]],
    ['an entry below a climbing symlink', 'link', [symlink('a', '..'), file('a/x')]],
    ['an entry below a symlink that climbs later', 'link', [symlink('usr', 'x/../..'), file('usr/y')]],
    [
      'a climb over two links',
      'link',
      [directory('d'), symlink('d/a', '..'), symlink('d/b', 'a/..'), file('d/b/x')],
    ],
    [
      'a climb through a deeper directory',
      'link',
      [symlink('a', 'b/c'), symlink('b/c', '../..'), file('a/x')],
    ],
    ['a loop', 'link', [symlink('a', 'b'), symlink('b', 'a'), file('a/x')]],
    ['a link to itself', 'link', [symlink('a', 'a'), file('a/x')]],
    ['a symlink to nothing', 'link', [symlink('a', '')]],
    ['an entry below a file', 'not-directory', [file('a'), file('a/b')]],
    ['an entry below a FIFO', 'not-directory', [tarEntry('a', 'fifo'), file('a/b')]],
    ['a hardlink that climbs', 'parent', [hardlink('a', '../etc/shadow')]],
    ['an absolute hardlink', 'absolute', [hardlink('a', '/etc/shadow')]],
    ['a hardlink to what was not seen', 'hardlink', [hardlink('a', 'b')]],
    ['a hardlink to what comes later', 'hardlink', [hardlink('a', 'b'), file('b')]],
    ['a hardlink to a directory', 'hardlink', [directory('b'), hardlink('a', 'b')]],
    [
      'a hardlink through a symlink that leads out',
      'link',
      [symlink('s', '/etc'), hardlink('a', 's/shadow')],
    ],
    ['a hardlink to itself', 'duplicate', [file('a'), hardlink('a', 'a')]],
    ['a device', 'device', [device('dev/sda')]],
    ['a symlink in place of a directory', 'duplicate', [directory('a'), symlink('a', '/etc')]],
    [
      'a symlink in place of a directory that only its entries name',
      'duplicate',
      [file('a/b'), symlink('a', '/etc')],
    ],
    ['a directory in place of a symlink', 'duplicate', [symlink('a', 'b'), directory('a')]],
    ['a file in place of a symlink', 'duplicate', [symlink('a', '/etc/passwd'), file('a')]],
    ['a second symlink', 'duplicate', [symlink('a', 'b'), symlink('a', '/etc')]],
    ['a symlink in place of the root', 'duplicate', [symlink('./', '/etc')]],
  ])('%s', (_, code, entries) => {
    expect(codeOf(() => check(entries))).toBe(`tar-safety.${code}`);
  });

  it('a link of the target directory that leads out', () => {
    const links = new Map([['home', '/home']]);
    expect(codeOf(() => check([file('home/x')], { links }))).toBe('tar-safety.link');
  });
});

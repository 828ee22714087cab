import { describe, expect, it } from 'vitest';
import { readRpm } from '../../../builder/formats/rpm/package.ts';
import { writeRpm, type RpmSpec } from '../../../builder/formats/rpm/package-write.ts';
import { sha256 } from '../../../core/digest.ts';
import type { RpmHeader } from '../../../builder/formats/rpm/header.ts';
import { DPKG_FILES, locateIn, originOf } from '../../../builder/report/origin.ts';
import { comparedWith, mentions, namesOf, ownedBy, rpmMaker } from '../../../builder/report/rpm-origin.ts';
import type { Tree, TreeEntry } from '../../../builder/report/tree.ts';

function entry(more: Partial<TreeEntry> = {}): TreeEntry {
  return { type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 0, size: 0, xattrs: '', ...more };
}
const directory = entry({ type: 'directory' });
const link = (to: string): TreeEntry => entry({ type: 'symlink', link: to });

/** /usr merged, and /usr/sbin merged into /usr/bin as in newer releases. */
const MERGED: Tree = new Map([
  ...['usr', 'usr/bin', 'usr/lib', 'etc', 'etc/alternatives'].map((path): [string, TreeEntry] => [
    path,
    directory,
  ]),
  ...Object.entries({ bin: 'usr/bin', sbin: 'usr/sbin', lib: '/usr/lib', 'usr/sbin': 'bin' }).map(
    ([path, to]): [string, TreeEntry] => [path, link(to)],
  ),
  ['usr/bin/ls', entry({ digest: sha256(Buffer.from('ls')) })],
  ['usr/bin/view', link('/etc/alternatives/view')],
  ['usr/lib/os-release', entry()],
  ['etc/os-release', link('../usr/lib/os-release')],
]);

describe('locateIn', () => {
  it.each([
    ['/bin/ls', 'usr/bin/ls'],
    ['/sbin/ls', 'usr/bin/ls'],
    ['usr/sbin/../bin/./ls', 'usr/bin/ls'],
    ['/etc/os-release', 'etc/os-release'],
    ['/etc/../../etc/os-release', 'etc/os-release'],
    ['/bin/none', undefined],
  ])('%s is %s', (path, expected) => {
    expect(locateIn(MERGED, path)).toBe(expected);
  });

  it('does not follow a circle for ever', () => {
    const circle: Tree = new Map([
      ['a', link('b')],
      ['b', link('a')],
    ]);
    expect(locateIn(circle, '/a/x')).toBeUndefined();
  });
});

describe('the origin of a file of a Debian tree', () => {
  const info = (name: string): string => `var/lib/dpkg/info/${name}`;
  const database = new Map<string, Buffer>(
    Object.entries({
      [info('coreutils.list')]: '/.\n/bin\n/bin/ls\n/usr\n/etc\n',
      [info('base-files.list')]: '/.\n/etc\n/usr/lib/os-release\n/etc/os-release\n/usr\n',
      [info('base-files.conffiles')]: '/etc/os-release\n',
      [info('vim.list')]: '/usr\n',
      [info('vim.postinst')]: 'update-alternatives --install /usr/bin/view view /usr/bin/vim 1\n',
      [info('other-ls.list')]: '/usr/bin/ls\n',
      'var/lib/dpkg/diversions': '/usr/bin/ls\n/usr/bin/ls.real\nother-ls\n',
    }).map(([path, text]) => [path, Buffer.from(text)]),
  );
  const origin = (path: string): unknown => originOf(path, MERGED, database);

  it('is read from the files that are captured', () => {
    expect([...database.keys()].every((path) => DPKG_FILES.test(path))).toBe(true);
  });

  it('is every package of a directory, and the package that diverts a file', () => {
    expect(origin('etc')).toMatchObject({ kind: 'package', names: ['coreutils', 'base-files'] });
    expect(origin('usr/bin/ls')).toMatchObject({ names: ['other-ls'], shippedAs: 'usr/bin/ls' });
    expect(origin('usr/bin/ls.real')).toMatchObject({
      ...{ names: ['coreutils'], shippedAs: 'usr/bin/ls', divertedBy: 'other-ls' },
    });
  });

  it('is configuration, control data, or what a script made', () => {
    expect(origin('etc/os-release')).toMatchObject({ names: ['base-files'], isConffile: true });
    expect(origin('var/lib/dpkg/info/vim.postinst')).toEqual({ kind: 'control', name: 'vim' });
    expect(origin('usr/bin/view')).toMatchObject({ kind: 'made', scripts: ['vim'] });
  });
});

describe('the origin of a file of a Fedora tree', () => {
  const spec: RpmSpec = {
    ...{ name: 'coreutils', version: '1', release: '1', architecture: 'noarch', epoch: 1_700_000_000 },
    ...{ summary: 'x', description: 'x', license: 'MIT' },
    files: [
      { path: '/bin/ls', mode: 0o755, content: 'ls' },
      { path: '/usr/bin/view', linkname: '/etc/alternatives/view' },
      { path: '/etc/ls.conf', mode: 0o644, content: 'a=1', config: true },
    ],
    scripts: { post: 'touch /var/lib/ls\n' },
  };

  async function header(): Promise<RpmHeader> {
    const bytes = writeRpm(spec);
    const source = async function* (): AsyncGenerator<Buffer> {
      yield await Promise.resolve(bytes);
    };
    return (await readRpm(source(), 'x')).header;
  }

  it('is looked for by all names that links to directories give it', () => {
    expect([...namesOf(MERGED, 'usr/bin/ls')].sort()).toEqual([
      '/bin/ls',
      '/sbin/ls',
      '/usr/bin/ls',
      '/usr/sbin/ls',
    ]);
    expect([...namesOf(MERGED, 'etc/os-release')]).toEqual(['/etc/os-release']);
  });

  it('is the package whose header names it, compared by the digest there', async () => {
    const read = await header();
    const ls = ownedBy(read, namesOf(MERGED, 'usr/bin/ls'), 'x')!;
    expect(ls.path).toBe('/bin/ls');
    expect(comparedWith(read, ls, MERGED.get('usr/bin/ls')!)).toBe('same');
    expect(comparedWith(read, ls, entry({ digest: sha256(Buffer.from('ld')) }))).toBe('changed');
    expect(comparedWith(read, ls, directory)).toBe('directory');
    expect(comparedWith(read, { ...ls, flags: 64 }, entry())).toBe('not-shipped');
    const view = ownedBy(read, new Set(['/usr/bin/view']), 'x')!;
    expect(comparedWith(read, view, MERGED.get('usr/bin/view')!)).toBe('same');
    expect(comparedWith(read, view, link('/elsewhere'))).toBe('changed');
    expect(ownedBy(read, new Set(['/usr/bin/none']), 'x')).toBeUndefined();
  });

  it('is otherwise what scripts made', async () => {
    expect(mentions(await header(), '/var/lib/ls')).toBe(true);
    expect(mentions(await header(), '/var/lib/other')).toBe(false);
    expect(rpmMaker('usr/lib/sysimage/rpm/rpmdb.sqlite')).toMatch(/rpm's own database/);
    expect(rpmMaker('var/lib/ls')).toMatch(/scripts of packages/);
  });
});

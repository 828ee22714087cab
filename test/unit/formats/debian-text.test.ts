import { describe, expect, it } from 'vitest';
import { parseRelations, printRelation, satisfies } from '../../../builder/formats/debian-relation.ts';
import { compareDebianVersions, parseDebianVersion } from '../../../builder/formats/debian-version.ts';
import { packagesIn, parsePackagesIndex } from '../../../builder/formats/packages-index.ts';
import { parseRelease } from '../../../builder/formats/release.ts';
import { parseSourcesIndex } from '../../../builder/formats/sources-index.ts';
import { sha256 } from '../../../core/digest.ts';
import { AppError } from '../../../core/errors.ts';
import { packagesText, releaseText, sourcesText } from '../../support/debian-samples.ts';
import { codeOf } from '../../support/only-app-errors.ts';

describe('Debian versions', () => {
  it('have an epoch, an upstream part and a revision', () => {
    expect(parseDebianVersion('1:2:3-4-5~a')).toEqual({ epoch: 1, upstream: '2:3-4', revision: '5~a' });
    expect(parseDebianVersion('0')).toEqual({ epoch: 0, upstream: '0', revision: '' });
  });

  it.each([
    '',
    ' 1',
    '1 ',
    '1-',
    '-1',
    ':1',
    '1:',
    'a:1',
    '1_2',
    '2147483648:1',
    '12345678901:1',
    '1:-1',
    '1\n',
    'é',
  ])('are not %j', (text) => {
    expect(codeOf(() => compareDebianVersions(text, text))).toBe('debian-version.invalid');
  });
});

describe('relations', () => {
  it('are and-lists of or-groups', () => {
    expect(parseRelations('a (>= 1), b:any | c [amd64 !i386] <!x y> <z>,', 'f')).toEqual([
      [{ name: 'a', operator: '>=', version: '1' }],
      [
        { name: 'b', archQualifier: 'any' },
        { name: 'c', architectures: ['amd64', '!i386'], profiles: [['!x', 'y'], ['z']] },
      ],
    ]);
    expect(parseRelations('a(<<1),\n b ( > 2 )', 'f').flat().map(printRelation)).toEqual([
      'a (<< 1)',
      'b (>= 2)',
    ]);
  });

  it.each([
    'a |',
    'a b',
    '(= 1)',
    'a (1)',
    'a (= 1',
    'a (== 1)',
    'a []',
    'a <>',
    'a (= 1_2)',
    'a:',
    '!a',
    'a [a|b]',
  ])('are not %j', (text) => {
    expect(codeOf(() => parseRelations(text, 'f'))).toMatch(/^debian-(relation|version)\.invalid$/);
  });

  it('with a version are not met by a name provided without one', () => {
    expect(satisfies({ name: 'a' }, {})).toBe(true);
    expect(satisfies({ name: 'a', operator: '=', version: '1' }, {})).toBe(false);
  });
});

describe('parsePackagesIndex', () => {
  it('reads the fields that we need', () => {
    const [libc, dpkg] = parsePackagesIndex(Buffer.from(packagesText));
    expect(libc).toEqual({
      name: 'libc6',
      version: '2.41-12',
      architecture: 'amd64',
      multiArch: 'same',
      essential: false,
      priority: 'optional',
      section: 'libs',
      source: 'glibc',
      depends: 'libgcc-s1',
      recommends: 'libidn2-0 (>= 2.0.5~)',
      breaks: 'aide (<< 0.18.3-1+deb12u3~),\n busybox (<< 1.30.1-6)',
      replaces: 'libc6-amd64',
      filename: 'pool/main/g/glibc/libc6_2.41-12_amd64.deb',
      size: 2856036,
      sha256: sha256('a'),
      installedSize: 13023,
    });
    expect(dpkg).toMatchObject({ essential: true, source: 'dpkg-src', sourceVersion: '1:1.2-3' });
  });

  it('is lazy: a bad stanza does not spoil those before it', () => {
    const stanzas = packagesIn(Buffer.from(`${packagesText}\nPackage: x\n`));
    expect([stanzas.next().value?.name, stanzas.next().value?.name]).toEqual(['libc6', 'dpkg']);
    expect(codeOf(() => stanzas.next())).toBe('deb822.missing');
  });

  it.each([
    ['Filename: pool', 'Filename: ../pool', 'packages.filename'],
    ['Filename: pool', 'Filename: /pool', 'packages.filename'],
    ['Filename: pool', 'Filename: pool/../../x', 'packages.filename'],
    ['Size: 2856036', 'Size: 0x10', 'packages.size'],
    ['Size: 2856036', 'Size: 99999999999999999999', 'packages.size'],
    [sha256('a'), 'abc', 'packages.sha256'],
    ['Package: libc6', 'Package: ../x', 'packages.name'],
    ['Version: 2.41-12', 'Version: 1 2', 'packages.version'],
    ['Architecture: amd64', 'Architecture: AMD', 'packages.architecture'],
    ['Source: glibc', 'Source: a b c', 'packages.source'],
    ['Version: 2.41-12\n', '', 'deb822.missing'],
    ['Version: 2.41-12\n', 'Version: 1\nversion: 2\n', 'deb822.duplicate'],
    ['Depends: libgcc-s1', 'nonsense', 'deb822.field'],
    ['Package: libc6', ' Package: libc6', 'deb822.continuation'],
    [' .\n', '  \n', 'deb822.blank-line'],
  ])('refuses %j changed to %j as %s', (from, to, code) => {
    expect(packagesText).toContain(from);
    expect(codeOf(() => parsePackagesIndex(Buffer.from(packagesText.replace(from, to))))).toBe(code);
  });

  it('names the line of the stanza', () => {
    const text = packagesText.replace('Size: 1535260', 'Size: x');
    const line = packagesText.slice(0, packagesText.indexOf('Package: dpkg')).split('\n').length;
    try {
      parsePackagesIndex(Buffer.from(text), 'main/Packages');
      expect.unreachable();
    } catch (error) {
      expect((error as AppError).where).toBe(`main/Packages:${line}`);
    }
  });

  it('takes names of fields in any case, and an empty index', () => {
    expect(parsePackagesIndex(Buffer.from(packagesText.replace('Package: ', 'PACKAGE: ')))).toHaveLength(2);
    expect(parsePackagesIndex(Buffer.from('\n\n'))).toEqual([]);
  });
});

describe('parseSourcesIndex', () => {
  it('reads the fields that we need', () => {
    expect(parseSourcesIndex(Buffer.from(sourcesText))).toEqual([
      {
        name: 'xen',
        version: '4.20.0+68-1',
        directory: 'pool/main/x/xen',
        binaries: ['libxen-dev', 'xen-hypervisor-4.20-amd64', 'xen-utils-common'],
        architecture: 'amd64 all',
        format: '3.0 (quilt)',
        files: [
          { name: 'xen_4.20.0+68-1.dsc', size: 10, sha256: sha256('a') },
          { name: 'xen_4.20.0+68.orig.tar.xz', size: 4567, sha256: sha256('b') },
        ],
        buildDepends: 'debhelper (>> 10), acpica-tools [amd64] <!nodoc>',
        extraSourceOnly: true,
      },
    ]);
  });

  it.each([
    ['4567 xen', '4567 ../xen', 'sources.files'],
    [
      `${sha256('b')} 4567 xen_4.20.0+68.orig.tar.xz`,
      `${sha256('b')} 4567 xen_4.20.0+68-1.dsc`,
      'sources.files',
    ],
    ['4567 xen_4.20.0+68.orig.tar.xz', '4567 ..', 'sources.files'],
    ['Directory: pool', 'Directory: ../pool', 'sources.directory'],
    ['Directory: pool/main/x/xen\n', '', 'deb822.missing'],
  ])('refuses %j changed to %j as %s', (from, to, code) => {
    expect(sourcesText).toContain(from);
    expect(codeOf(() => parseSourcesIndex(Buffer.from(sourcesText.replace(from, to))))).toBe(code);
  });
});

describe('parseRelease', () => {
  it('reads the fields that we need', () => {
    const release = parseRelease(releaseText, 'Release');
    expect(release).toMatchObject({
      origin: 'Debian',
      label: 'Debian',
      suite: 'stable',
      codename: 'trixie',
      version: '13.1',
      date: new Date('2025-09-06T09:41:07Z'),
      validUntil: new Date('2025-09-13T09:41:07Z'),
      architectures: ['all', 'amd64'],
      components: ['main', 'contrib'],
      acquireByHash: true,
    });
    expect([...release.files]).toEqual([
      ['main/binary-amd64/Packages', { size: 1475256, sha256: sha256('a') }],
      ['main/binary-amd64/Packages.xz', { size: 123, sha256: sha256('b') }],
    ]);
  });

  it.each([
    ['main/binary-amd64/Packages.xz', '../Packages.xz', 'release.path'],
    ['main/binary-amd64/Packages.xz', '/Packages.xz', 'release.path'],
    ['main/binary-amd64/Packages.xz', 'main/binary-amd64/Packages', 'release.files'],
    ['     123 main', '     12x main', 'release.files'],
    [sha256('b'), 'abcd', 'release.files'],
    ['SHA256:', 'SHA512:', 'release.missing'],
    ['Date: Sat, 06 Sep 2025 09:41:07 UTC\n', '', 'release.missing'],
    ['09:41:07 UTC', '09:41:07 +0200', 'release.date'],
    ['06 Sep', '31 Sep', 'release.date'],
    ['06 Sep', '06 Sept', 'release.date'],
    ['09:41:07', '29:41:07', 'release.date'],
    ['Suite: stable\nVersion: 13.1\nCodename: trixie\n', '', 'release.missing'],
  ])('refuses %j changed to %j as %s', (from, to, code) => {
    expect(releaseText).toContain(from);
    expect(codeOf(() => parseRelease(releaseText.replace(from, to), 'Release'))).toBe(code);
  });

  it('wants one paragraph', () => {
    expect(codeOf(() => parseRelease(`${releaseText}\nSuite: other\n`, 'Release'))).toBe('deb822.paragraphs');
  });
});

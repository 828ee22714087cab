import { describe, expect, it } from 'vitest';
import type { OpenedDeb } from '../../../builder/stages/debian/open-deb.ts';
import { infoFiles, memberText, statusStanza } from '../../../builder/stages/debian/dpkg-database.ts';
import { ownDebSpec } from '../../../builder/stages/own-package/deb.ts';
import { ownPackageVersion, type OwnOptionsOf } from '../../../builder/stages/own-package/options.ts';
import { packed } from '../../../builder/stages/own-package/pack.ts';
import { readRpm } from '../../../builder/formats/rpm/package.ts';
import { readFiles } from '../../../builder/formats/rpm/files.ts';
import { printNevra, readIdentity } from '../../../builder/formats/rpm/identity.ts';
import { TAG } from '../../../builder/formats/rpm/tags.ts';
import { compareEvr, parseEvr } from '../../../builder/formats/rpm-version.ts';
import { inPieces } from '../../support/rpm-samples.ts';
import { compareDebianVersions } from '../../../builder/formats/debian-version.ts';
import { openedDeb } from '../../support/own-packages.ts';

const EPOCH = 1_785_000_000;
const file = (target: string, mode: string): OwnOptionsOf<'deb'>['files'][number] => ({
  ...{ target, mode },
  content: { output: target },
});
const COMMON = {
  ...{ name: 'qubeforge-small', description: 'A small package', source: 'ab'.repeat(32) },
  files: [file('/usr/lib/q/run', '0755'), file('/etc/z', '0644'), file('/etc/a', '0755')],
  links: [{ path: '/usr/lib/q/link', to: 'run' }],
};
const OPTIONS: OwnOptionsOf<'deb'> = {
  ...{ ...COMMON, format: 'deb', version: '0.1.0+20260725.abcdef01', architecture: 'amd64' },
  ...{ section: 'admin', depends: ['systemd (>= 252)', 'mawk | awk'] },
};
const RPM: OwnOptionsOf<'rpm'> = {
  ...{ ...COMMON, format: 'rpm', version: '0.1.0+20260725.abcdef01-1', architecture: 'x86_64' },
  ...{ license: 'GPL-3.0-or-later', requires: ['systemd >= 252', 'libc.so.6(GLIBC_2.38)(64bit)'] },
  files: [...COMMON.files, file('/usr/lib/sysusers.d/q.conf', '0644')],
  directories: ['/usr/lib/q'],
};
const CONTENTS = ['#!/bin/sh\n', 'z\n', 'a\n'].map((text) => Buffer.from(text));

const opened = (): Promise<OpenedDeb> => openedDeb(ownDebSpec(OPTIONS, CONTENTS, EPOCH));

describe('the .deb of a package of ours', () => {
  it('says of itself what its description says', async () => {
    const deb = await opened();
    expect(memberText(deb, 'control')).toBe(
      [
        'Package: qubeforge-small',
        'Version: 0.1.0+20260725.abcdef01',
        'Architecture: amd64',
        'Maintainer: Qubeforge <packages@qubeforge.invalid>',
        'Depends: systemd (>= 252), mawk | awk',
        'Section: admin',
        'Priority: optional',
        `Qubeforge-Sources: ${'ab'.repeat(32)}`,
        'Description: A small package',
        'Installed-Size: 9',
        '',
      ].join('\n'),
    );
  });

  it('has what lies in /etc as conffiles', async () => {
    const deb = await opened();
    expect(memberText(deb, 'conffiles')).toBe('/etc/a\n/etc/z\n');
    expect(statusStanza(deb)).toContain('\nConffiles:\n /etc/a 60b725f10c9c85c70d97880dfe8191b3\n /etc/z ');
  });

  it('is listed by dpkg with every file, directory and link', async () => {
    const list = infoFiles(await opened()).find(({ name }) => name === 'qubeforge-small.list');
    expect(list?.content.toString().split('\n')).toEqual([
      ...['/.', '/etc', '/etc/a', '/etc/z', '/usr', '/usr/lib', '/usr/lib/q', '/usr/lib/q/run'],
      // dpkg unpacks symlinks after everything else.
      ...['/usr/lib/q/link', ''],
    ]);
  });
});

describe('the .rpm of a package of ours', () => {
  const SYSUSERS = '# accounts\nu q 1000 "A user" /home/q /bin/sh\nm q audio\n';
  const bytes = packed(RPM, [...CONTENTS, Buffer.from(SYSUSERS)], EPOCH);
  const read = async (): Promise<Awaited<ReturnType<typeof readRpm>>['header']> =>
    (await readRpm(inPieces(bytes), 'own.rpm')).header;

  it('says of itself what its description says', async () => {
    const header = await read();
    expect(printNevra(readIdentity(header, 'own.rpm'))).toBe(
      'qubeforge-small-0.1.0+20260725.abcdef01-1.x86_64',
    );
    expect(header.string(TAG.license)).toBe('GPL-3.0-or-later');
    expect(header.number(TAG.buildTime)).toBe(EPOCH);
    expect(header.string(1005)).toContain(`SHA-256\n${'ab'.repeat(32)}`);
    expect(header.strings(TAG.requireName).slice(0, 4)).toEqual([
      ...['systemd', 'libc.so.6(GLIBC_2.38)(64bit)', 'user(q)', 'group(audio)'],
    ]);
  });

  it('runs nothing', async () => {
    const header = await read();
    for (const tag of [TAG.preInstall, TAG.postInstall, TAG.preTransaction, TAG.postTransaction])
      expect(header.has(tag)).toBe(false);
  });

  it('owns its files, links and the directories that it names; what lies in /etc is kept by updates', async () => {
    const files = readFiles(await read(), 'own.rpm');
    expect(files.map(({ path, mode, flags }) => [path, mode.toString(8), flags])).toEqual([
      ['/etc/a', '100755', 17],
      ['/etc/z', '100644', 17],
      ['/usr/lib/q', '40755', 0],
      ['/usr/lib/q/link', '120777', 0],
      ['/usr/lib/q/run', '100755', 0],
      ['/usr/lib/sysusers.d/q.conf', '100644', 0],
    ]);
  });

  it('provides its accounts in the form that rpm makes them from', async () => {
    const header = await read();
    const names = header.strings(TAG.provideName);
    expect(names).toEqual([
      ...['qubeforge-small', 'qubeforge-small(x86-64)', 'config(qubeforge-small)'],
      ...['user(q)', 'group(q)', 'groupmember(q/audio)'],
    ]);
    const line = Buffer.from(header.strings(TAG.provideVersion)[3]!, 'base64').toString('utf8');
    expect(line.replace(/\0+$/, '')).toBe('u q 1000 "A user" /home/q /bin/sh');
  });
});

describe('its version', () => {
  const version = (epoch: number, source: string): string => ownPackageVersion('deb', '0.1.0', epoch, source);

  it('is newer for a later epoch, and another one for other sources', () => {
    const [a, b] = ['ffffffff00', '0000000000'];
    expect(version(EPOCH, a)).toBe('0.1.0+20260725.ffffffff');
    expect(compareDebianVersions(version(EPOCH + 86_400, b), version(EPOCH, a))).toBeGreaterThan(0);
    expect(version(EPOCH, a)).not.toBe(version(EPOCH, b));
  });

  it('is older than that of the next release of the project', () => {
    expect(compareDebianVersions('0.1.1', version(EPOCH, 'ffffffff'))).toBeGreaterThan(0);
  });

  it('has a release in an .rpm, and the same order', () => {
    const evr = (epoch: number, source: string): NonNullable<ReturnType<typeof parseEvr>> =>
      parseEvr(ownPackageVersion('rpm', '0.1.0', epoch, source))!;
    expect(evr(EPOCH, 'ffffffff')).toEqual({
      ...{ epoch: 0, version: '0.1.0+20260725.ffffffff', release: '1' },
    });
    expect(compareEvr(evr(EPOCH + 86_400, '00000000'), evr(EPOCH, 'ffffffff'))).toBe(1);
    expect(compareEvr(parseEvr('0.1.1-1')!, evr(EPOCH, 'ffffffff'))).toBe(1);
    expect(compareEvr(evr(EPOCH, 'ffffffff'), parseEvr('0.1.0-1')!)).toBe(1);
  });
});

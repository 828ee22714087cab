import { describe, expect, it } from 'vitest';
import type { OpenedDeb } from '../../../builder/stages/debian/open-deb.ts';
import { infoFiles, memberText, statusStanza } from '../../../builder/stages/debian/dpkg-database.ts';
import {
  ownPackageSpec,
  ownPackageVersion,
  type OwnPackageOptions,
} from '../../../builder/stages/own-package/spec.ts';
import { compareDebianVersions } from '../../../builder/formats/debian-version.ts';
import { openedDeb } from '../../support/own-packages.ts';

const EPOCH = 1_785_000_000;
const file = (target: string, mode: string): OwnPackageOptions['files'][number] => ({
  ...{ target, mode },
  content: { output: target },
});
const OPTIONS: OwnPackageOptions = {
  ...{ name: 'qubeforge-small', version: '0.1.0+20260725.abcdef01', architecture: 'amd64' },
  ...{ section: 'admin', description: 'A small package', depends: ['systemd (>= 252)', 'mawk | awk'] },
  source: 'ab'.repeat(32),
  files: [file('/usr/lib/q/run', '0755'), file('/etc/z', '0644'), file('/etc/a', '0755')],
  links: [{ path: '/usr/lib/q/link', to: 'run' }],
};
const CONTENTS = ['#!/bin/sh\n', 'z\n', 'a\n'].map((text) => Buffer.from(text));

const opened = (): Promise<OpenedDeb> => openedDeb(ownPackageSpec(OPTIONS, CONTENTS, EPOCH));

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

describe('its version', () => {
  const version = (epoch: number, source: string): string => ownPackageVersion('0.1.0', epoch, source);

  it('is newer for a later epoch, and another one for other sources', () => {
    const [a, b] = ['ffffffff00', '0000000000'];
    expect(version(EPOCH, a)).toBe('0.1.0+20260725.ffffffff');
    expect(compareDebianVersions(version(EPOCH + 86_400, b), version(EPOCH, a))).toBeGreaterThan(0);
    expect(version(EPOCH, a)).not.toBe(version(EPOCH, b));
  });

  it('is older than that of the next release of the project', () => {
    expect(compareDebianVersions('0.1.1', version(EPOCH, 'ffffffff'))).toBeGreaterThan(0);
  });
});

import { randomAccessTo } from '../../builder/formats/ar.ts';
import { writeDeb, type DebSpec } from '../../builder/formats/deb-write.ts';
import { openDeb, type OpenedDeb } from '../../builder/stages/debian/open-deb.ts';

/** A package of ours that is correct, as text, and its files. */
export const OWN_YAML = `name: qubeforge-small
architecture: amd64
description: A small package
debian:
  section: admin
  depends:
    - systemd (>= 252)
    - mawk | awk
fedora:
  license: GPL-3.0-or-later
  requires:
    - systemd >= 252
    - libc.so.6(GLIBC_2.38)(64bit)
  directories: [/usr/lib/qubeforge]
build:
  directory: ../native
  outputs: [tool]
bundle: qube
files:
  - { source: lib/run, target: /usr/lib/qubeforge/run, mode: '0755' }
  - { source: conf/settings, target: /etc/qubeforge/settings, mode: '0644' }
  - { output: tool, target: /usr/lib/qubeforge/tool, mode: '0755' }
  - { bundle: qube, target: /usr/bin/qube, mode: '0755' }
links:
  - { path: /usr/lib/systemd/system/basic.target.wants/a.service, to: ../a.service }
`;

export const OWN_FILES = {
  'small/package.yaml': OWN_YAML,
  'small/lib/run': '#!/bin/sh\n',
  'small/conf/settings': 'a=1\n',
  'native/Makefile': 'tool: tool.c\n',
  'native/tool.c': 'int main(void) { return 0; }\n',
  'native/tool.h': '',
} as const;

export const OWN_BUNDLES = { qube: 'console.log(1);\n' } as const;

/** Writes a .deb and opens it as a build does. */
export function openedDeb(spec: DebSpec): Promise<OpenedDeb> {
  const deb = writeDeb(spec);
  const source = {
    ...randomAccessTo(deb),
    async *stream(offset: number, size: number) {
      yield await Promise.resolve(deb.subarray(offset, offset + size));
    },
  };
  return openDeb(source, 'own.deb', () => undefined);
}

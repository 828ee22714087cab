import { sha256 } from '../../core/digest.ts';

const HASH_A = sha256('a');
const HASH_B = sha256('b');

/** A Packages index of two stanzas, with fields that readers pass over. */
export const packagesText = `Package: libc6
Source: glibc
Version: 2.41-12
Installed-Size: 13023
Maintainer: GNU Libc Maintainers <maint@example.org>
Architecture: amd64
Replaces: libc6-amd64
Depends: libgcc-s1
Recommends: libidn2-0 (>= 2.0.5~)
Breaks: aide (<< 0.18.3-1+deb12u3~),
 busybox (<< 1.30.1-6)
Multi-Arch: same
Section: libs
Priority: optional
Description: GNU C Library
 Contains the standard libraries.
 .
 Ümlaut.
Filename: pool/main/g/glibc/libc6_2.41-12_amd64.deb
Size: 2856036
MD5sum: 00000000000000000000000000000000
SHA256: ${HASH_A}

Package: dpkg
Version: 1.22.21
Architecture: amd64
Essential: yes
Source: dpkg-src (1:1.2-3)
Pre-Depends: libc6 (>= 2.38)
Filename: pool/main/d/dpkg/dpkg_1.22.21_amd64.deb
Size: 1535260
SHA256: ${HASH_B}
`;

/** A Sources index of one stanza. */
export const sourcesText = `Package: xen
Format: 3.0 (quilt)
Binary: libxen-dev, xen-hypervisor-4.20-amd64,
 xen-utils-common
Architecture: amd64 all
Version: 4.20.0+68-1
Build-Depends: debhelper (>> 10), acpica-tools [amd64] <!nodoc>
Files:
 00000000000000000000000000000000 10 xen_4.20.0+68-1.dsc
Checksums-Sha256:
 ${HASH_A} 10 xen_4.20.0+68-1.dsc
 ${HASH_B} 4567 xen_4.20.0+68.orig.tar.xz
Directory: pool/main/x/xen
Extra-Source-Only: yes
`;

/** A Release file. */
export const releaseText = `Origin: Debian
Label: Debian
Suite: stable
Version: 13.1
Codename: trixie
Date: Sat, 06 Sep 2025 09:41:07 UTC
Valid-Until: Sat, 13 Sep 2025 09:41:07 UTC
Acquire-By-Hash: yes
Architectures: all amd64
Components: main contrib
Description: Debian 13.1
MD5Sum:
 00000000000000000000000000000000 1 main/binary-amd64/Packages
SHA256:
 ${HASH_A}  1475256 main/binary-amd64/Packages
 ${HASH_B}      123 main/binary-amd64/Packages.xz
`;

/**
 * The shell script that installs RPM packages into an empty tree in a sandbox: one transaction of rpm
 * itself, which unpacks, makes accounts, runs scripts and triggers and writes its database, in the order
 * that it finds, as under dnf. Packages were verified before: here rpm checks no signatures and digests.
 */
import { ROOT } from '../debian/configure-script.ts';
import { HWDB_BYPASS } from './hwdb-script.ts';

/**
 * Settings of Fedora's rpm that Debian's does not share: where the database lies, and how accounts are
 * made for packages that bring a sysusers.d file.
 */
export const RPM_MACROS = `
%_dbpath /usr/lib/sysimage/rpm
%_install_langs all
%__systemd_sysusers /usr/bin/systemd-sysusers
%_pkgverify_level none
`;

/** rpm makes accounts by a program of the toolbox, whose input it writes to a place that is read-only in a sandbox. */
export const RPM_SCRATCH = 'mkdir /build/rpm-tmp && mount --bind /build/rpm-tmp /var/tmp';

/** Installs `/in/packages/*.rpm`. Scripts see `/dev` and `/proc`, no network and no services. */
export function installScript(): string {
  return `
root=${ROOT}
export HOME=/build/home
mkdir -p $HOME && cp /job/rpmmacros $HOME/.rpmmacros
${RPM_SCRATCH}
mkdir -p $root/dev $root/usr/lib/sysimage/rpm
# Fedora's filesystem package makes it so, and cannot while it is mounted.
mkdir -m 0555 $root/proc
mount --rbind /dev $root/dev
mount -t proc proc $root/proc
inside() { chroot $root /usr/bin/env LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }
printf '%s\\n' /in/packages/*.rpm >/build/manifest
# The turn of kernel and hardware database comes when all is there.
export KERNEL_INSTALL_BYPASS=1
${HWDB_BYPASS}
# A failing script of a package is a warning to rpm; to us it is a failure.
rpm --root $root --install --nosignature --nodigest --nofiledigest --nodeps --ignoresize /build/manifest \\
  >&2 2>/build/messages || { cat /build/messages >&2; exit 1; }
cat /build/messages >&2
if grep -E '(scriptlet|trigger).*failed|unpacking of archive failed' /build/messages >&2; then exit 1; fi
`;
}

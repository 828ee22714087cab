import { TAR_RECORD } from '../pack-script.ts';
import type { PackageFacts } from './ingest.ts';
import { PERL_CLIENTS, startPerlServer, stopPerlServer } from './perl-server.ts';
import { PUT_OFF } from './result-scripts.ts';
import { leaveShortcuts, takeShortcuts } from './shortcuts.ts';

/**
 * The shell script that makes a configured Debian root file system in a sandbox. What the comments call
 * "as mmdebstrap" is compared by a test with the tree that mmdebstrap makes from the same packages.
 */
export const ROOT = '/build/root';

/** Programs that must not really run while packages are configured, and what stands in for them. */
const STANDINS: Readonly<Record<string, string>> = {
  // Services are not started in an image (as mmdebstrap).
  '/usr/sbin/start-stop-daemon': 'exit 0',
  ...PUT_OFF,
  // Moves what an older version left: where none was, it does nothing, and is asked for that hundreds of times.
  '/usr/bin/dpkg-maintscript-helper': `
case $1 in
  rm_conffile | mv_conffile | symlink_to_dir | dir_to_symlink)
    for word in "$@"; do last=$word; done
    case $DPKG_MAINTSCRIPT_NAME:$last in preinst:install | postinst:) exit 0 ;; esac ;;
esac
exec /usr/bin/dpkg-maintscript-helper.qubeforge "$@"`,
  ...PERL_CLIENTS,
};

const ENVIRONMENT = [
  'DEBIAN_FRONTEND=noninteractive',
  'DEBCONF_NONINTERACTIVE_SEEN=true',
  'LC_ALL=C.UTF-8',
  'LANGUAGE=C.UTF-8',
  'LANG=C.UTF-8',
];

/** Unpacks all data archives in installation order and puts dpkg's database in place. */
export function unpackScript(): string {
  return `
root=${ROOT}
mkdir -p $root
for directory in bin sbin lib lib64; do
  mkdir -p $root/usr/$directory
  ln -s usr/$directory $root/$directory
done
umask 0
# The names come over stdin, each once its bytes are verified.
{ cd /in/data && xargs -r -n 16 cat || : >/build/unread; } |
  tar -C $root ${TAR_RECORD} -x -p --ignore-zeros --numeric-owner --xattrs --xattrs-include='*' --keep-directory-symlink
[ ! -e /build/unread ]
exec </dev/null
umask 022
# A directory whose files were just written has a new time; dpkg leaves it like that.
(cd $root && xargs -0 -r touch --no-create --no-dereference -- </job/touched)
dpkg=$root/var/lib/dpkg
mkdir -p $dpkg/info $dpkg/triggers
cat /in/info/* | tar -C $dpkg/info -x -p --ignore-zeros --numeric-owner
echo 1 >$dpkg/info/format
# What dpkg itself writes has the time of the installation; in the archives such files carry time 0.
find $dpkg/info -type f ! -newermt @1 -exec touch {} +
cp /job/status $dpkg/status
cp /job/architecture $dpkg/arch
for file in /job/trigger-*; do cp "$file" "$dpkg/triggers/\${file#/job/trigger-}"; done
`;
}

/** Makes what packages expect of the machine they are configured on. */
export function prepareScript(): string {
  const standIns = Object.entries(STANDINS).map(
    ([path, body]) => `standin ${path} <<'END'\n#!/bin/sh\n${body}\nEND`,
  );
  return `
root=${ROOT}
mkdir -p $root/dev $root/proc $root/sys $root/run
mount --rbind /dev $root/dev
mount -t proc proc $root/proc
mkdir $root/run/qubeforge
inside() { chroot $root /usr/bin/env ${ENVIRONMENT.join(' ')} "$@"; }
standins=
standin() {
  if [ -e $root$1 ] || [ -h $root$1 ]; then
    mv $root$1 $root$1.qubeforge
    cat >$root$1
    chmod 0755 $root$1
    standins="$standins $1"
  else
    cat >/dev/null
  fi
}
restore() { for path in $standins; do mv $root$path.qubeforge $root$path; done; standins=; }
${standIns.join('\n')}
${takeShortcuts()}
printf '#!/bin/sh\\nexit 101\\n' >$root/usr/sbin/policy-rc.d
chmod 0755 $root/usr/sbin/policy-rc.d
${startPerlServer()}
`;
}

/** Runs preinst scripts in installation order, each as dpkg runs it, then configures all packages at once. */
export function configureScript(
  packages: readonly Pick<PackageFacts, 'name' | 'architecture' | 'infoName' | 'members'>[],
): string {
  const preinsts = packages.flatMap(({ name, architecture, infoName, members }, index) =>
    members.includes('preinst')
      ? [['preinst', name, architecture, infoName, String(index).padStart(5, '0')].join(' ')]
      : [],
  );
  return `
preinst() { # NAME ARCHITECTURE INFO-NAME NUMBER
  package=$1 architecture=$2 info=$3
  mkdir $dpkg/tmp.ci
  tar -C $dpkg/tmp.ci -x -p --numeric-owner --transform="s,^$info\\.,," -f /in/info/$4
  # debconf takes the owner of a question from it.
  cp /job/control-$info $dpkg/tmp.ci/control
  inside DPKG_MAINTSCRIPT_NAME=preinst DPKG_MAINTSCRIPT_PACKAGE=$package DPKG_MAINTSCRIPT_ARCH=$architecture \\
    DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT=1 DPKG_ADMINDIR=/var/lib/dpkg DPKG_ROOT= DPKG_FORCE=depends \\
    DPKG_RUNNING_VERSION=$dpkg_version /var/lib/dpkg/tmp.ci/preinst install >&2 ||
    { echo "the preinst script of $package failed" >&2; exit 1; }
  rm -r $dpkg/tmp.ci
}
dpkg_version=$(inside dpkg --version | sed -n '1s/.* \\([0-9][^ ]*\\) .*/\\1/p')
${preinsts.join('\n')}
inside dpkg --force-depends --force-unsafe-io --configure $(cat /job/packages) >&2
${stopPerlServer()}
restore
${leaveShortcuts()}
rm $root/usr/sbin/policy-rc.d
`;
}

import { KEEPING } from '../kept-results.ts';

/**
 * The slow work of some maintainer scripts, kept from build to build: it depends on few of the packages, so most
 * rebuilds take its results over. /in/kept has former results, /out/kept gets new ones; the records in the store
 * are made of the packages that take part (`result-cache.ts`), and what else counts is hashed in the tree, into the
 * name of a result. Times of what is taken over are those of now, as of what is made.
 *
 * Where nobody looks at a result before all packages are configured, the program is put off until then, which also
 * spares its second run.
 */

/** What can change an initrd although no package with a part in it changes. */
const OUTSIDE = [
  ...['machine-id', 'ld.so.cache', 'passwd', 'passwd-', 'group', 'group-'],
  ...['shadow', 'shadow-', 'gshadow', 'gshadow-'],
];

/** Bodies of shell scripts that note that a program is to run once everything is configured, by path. */
export const PUT_OFF: Readonly<Record<string, string>> = {
  // The links to a new initrd need the file to be there.
  '/usr/sbin/update-initramfs': `
mode= version= arguments="$*"
while [ $# -gt 0 ]; do
  case $1 in -c | -u) mode=$1 ;; -k) shift; version=$1 ;; esac
  shift
done
[ -n "$mode" ] || exec /usr/sbin/update-initramfs.qubeforge $arguments
if [ "$mode" = -c ]; then
  : >"/boot/initrd.img-$version"
  echo "$version" >>/run/qubeforge/initramfs
fi`,
  // `depmod VERSION` is the one form that kernels use.
  '/usr/sbin/depmod': 'echo "$1" >>/run/qubeforge/depmod',
  '/usr/bin/systemd-hwdb': `
[ "$*" = '--usr update' ] || exec /usr/bin/systemd-hwdb.qubeforge "$@"
: >/run/qubeforge/hwdb`,
  // Hooks are told what is new, each time.
  '/usr/sbin/update-ca-certificates': `
case $*, in , | '--hooksdir ,' | --fresh,) ;; *) exec /usr/sbin/update-ca-certificates.qubeforge "$@" ;; esac
[ -z "$(ls /etc/ca-certificates/update.d 2>/dev/null)" ] || exec /usr/sbin/update-ca-certificates.qubeforge "$@"
: >/run/qubeforge/certificates`,
};

/**
 * Puts the bytecode of Python's standard library in place when it is at hand. While packages are configured,
 * interpreters then have no part of it to compile.
 */
export function earlyResultsScript(): string {
  return `${KEEPING}
if [ -e /in/kept/bytecode.tar ]; then
  restore_kept bytecode.tar
  for python in $root/usr/bin/python3.[0-9]*; do
    case $python in *-config | *.qubeforge) continue ;; esac
    standin "\${python#$root}" <<END
#!/bin/sh
case "\\$1 \\$2 \\$3" in "-E -S /usr/lib/\${python##*/}/py_compile.py") exit 0 ;; esac
exec \${python#$root}.qubeforge "\\$@"
END
  done
fi
`;
}

/** Runs what was put off, or unpacks what a former run with the same inputs made. */
export function lateResultsScript(): string {
  // The initrd last: it takes of what the others make.
  return [keepBytecode(), depmodScript(), certificatesScript(), hwdbScript(), initrdScript()].join('');
}

/** Names of compiled files hold the version of the interpreter, as do the directories. */
function keepBytecode(): string {
  return `
if [ ! -e /in/kept/bytecode.tar ]; then
  (cd $root && find usr/lib/python3.[0-9]* -name __pycache__ -type d 2>/dev/null || :) >/build/bytecode
  if [ -s /build/bytecode ]; then keep bytecode.tar $(cat /build/bytecode); fi
fi
`;
}

function depmodScript(): string {
  return `
if [ -s $root/run/qubeforge/depmod ]; then
  for kernel in $(sort -u $root/run/qubeforge/depmod); do
    if [ -e /in/kept/depmod-$kernel.tar ]; then
      restore_kept depmod-$kernel.tar
      continue
    fi
    modules=usr/lib/modules/$kernel
    ls $root/$modules >/build/before
    inside depmod "$kernel" >&2
    keep depmod-$kernel.tar $(ls $root/$modules | grep -v -x -F -f /build/before | sed "s,^,$modules/,")
  done
fi
`;
}

/** The key is made in the tree: which programs there are (hooks ask for them) and all of /etc. */
function initrdScript(): string {
  const kept = OUTSIDE.map((name) => `! -path ./etc/${name}`).join(' ');
  return `
initrd_key() {
  ( cd $root
    ls -1 usr/bin usr/sbin
    find ./etc \\( -type f ${kept} -o -type l \\) -printf '%p %m %l\\n' | LC_ALL=C sort
    find ./etc -type f ${kept} -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
  ) | sha256sum | cut -d ' ' -f 1
}
if [ -s $root/run/qubeforge/initramfs ]; then
  key=$(initrd_key)
  for kernel in $(sort -u $root/run/qubeforge/initramfs); do
    if [ -e /in/kept/initrd-$kernel-$key.tar ]; then
      restore_kept initrd-$kernel-$key.tar
      # mkinitramfs works there: the tree must not tell whether it ran or its result was at hand.
      touch $root/var/tmp
      continue
    fi
    rm $root/boot/initrd.img-$kernel
    inside update-initramfs -c -k "$kernel" >&2
    keep initrd-$kernel-$key.tar boot/initrd.img-$kernel
  done
fi
`;
}

/** Certificates of packages, and those that a maintainer script has made. */
function certificatesScript(): string {
  return `
certificates_key() {
  ( cd $root
    cat etc/ca-certificates.conf
    find etc/ssl/certs usr/local/share/ca-certificates -printf '%p %y %m %l\\n' | LC_ALL=C sort
    find etc/ssl/certs usr/local/share/ca-certificates -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum
  ) | sha256sum | cut -d ' ' -f 1
}
if [ -e $root/run/qubeforge/certificates ]; then
  key=$(certificates_key)
  if [ -e /in/kept/certificates-$key.tar ]; then
    find $root/etc/ssl/certs -mindepth 1 -delete
    restore_kept certificates-$key.tar
  else
    inside update-ca-certificates >&2
    keep certificates-$key.tar etc/ssl/certs
  fi
  touch $root/tmp
fi
`;
}

function hwdbScript(): string {
  return `
if [ -e $root/run/qubeforge/hwdb ]; then
  if [ -e /in/kept/hwdb.tar ]; then restore_kept hwdb.tar
  else
    inside systemd-hwdb --usr update >&2
    keep hwdb.tar usr/lib/udev/hwdb.bin
  fi
fi
`;
}

/**
 * The slow work of a kernel package, done once after everything is configured, and kept: `depmod` and the
 * initrd depend on few of the packages, so most rebuilds take both from the cache.
 */

/** What can change an initrd although no package with a part in it changes. */
const OUTSIDE = [
  'machine-id',
  'ld.so.cache',
  'passwd',
  'passwd-',
  'group',
  'group-',
  'shadow',
  'shadow-',
  'gshadow',
  'gshadow-',
];

/**
 * Runs depmod and mkinitramfs for each new kernel, or unpacks what a former run with the same inputs made.
 * /in/depmod/KERNEL.tar and /in/initrd/KEY.tar hold former results; new ones are left in /out/cache.
 * The key of an initrd is made in the tree: which programs there are (hooks ask for them) and all of /etc.
 */
export function kernelScript(): string {
  const kept = OUTSIDE.map((name) => `! -path ./etc/${name}`).join(' ');
  return `
mkdir -p /out/cache
keep() { # NAME PATH...: packs results for the next run
  name=$1; shift
  tar --sort=name --numeric-owner --xattrs --format=pax --pax-option=delete=atime,delete=ctime \\
    -C $root -c -f /out/cache/$name "$@"
}
if [ -s $root/run/qubeforge/depmod ]; then
  for kernel in $(sort -u $root/run/qubeforge/depmod); do
    if [ -e /in/depmod/$kernel.tar ]; then
      tar -C $root -x -p --numeric-owner -f /in/depmod/$kernel.tar
      continue
    fi
    modules=usr/lib/modules/$kernel
    ls $root/$modules >/build/before
    inside depmod "$kernel" >&2
    keep depmod-$kernel.tar $(ls $root/$modules | grep -v -x -F -f /build/before | sed "s,^,$modules/,")
  done
fi
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
    if [ -e /in/initrd/$kernel-$key.tar ]; then
      tar -C $root -x -p --numeric-owner -f /in/initrd/$kernel-$key.tar
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

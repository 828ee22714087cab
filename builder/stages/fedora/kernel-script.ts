/**
 * What kernel-install(8) does when a kernel package is installed, done once, when the whole tree and its
 * settings are there: scripts of packages run with KERNEL_INSTALL_BYPASS set.
 */

/** A generic image: the machine that builds says nothing about the one that starts it. */
const DRACUT = [
  // It asks ldd what programs need, and would take a preloaded library for a part of them.
  ...['env', '-u', 'LD_PRELOAD'],
  'dracut',
  '--quiet',
  '--force',
  '--no-hostonly',
  '--no-hostonly-cmdline',
  '--reproducible',
  // One thread, so that the bytes do not depend on how many there are.
  "--compress 'zstd -q -10 -T1'",
].join(' ');

/**
 * Runs depmod for every kernel below /usr/lib/modules, copies it to /boot and makes its initramfs with the
 * tree's own dracut. A tree with a kernel and without dracut gets none: `image.kernel` then says so.
 */
export function kernelScript(): string {
  return `
for kernel in $root/usr/lib/modules/*/vmlinuz; do
  [ -e $kernel ] || continue
  version=$(basename $(dirname $kernel))
  inside depmod "$version" >&2
  cp -p $kernel "$root/boot/vmlinuz-$version"
  [ -e $root/usr/bin/dracut ] || continue
  mkdir -p $root/sys && mount --rbind /sys $root/sys 2>/dev/null || :
  inside ${DRACUT} "/boot/initramfs-$version.img" "$version" >&2
  umount -l $root/sys 2>/dev/null || :
done
`;
}

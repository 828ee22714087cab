import type { Normalisation } from '../debian/normalisations.ts';

/** Everything that a comparison with `dnf --installroot` may show; anything else is a defect. */
export const FEDORA_NORMALISATIONS: readonly Normalisation[] = [
  { paths: /^dev\/.+$/, reason: 'device nodes come from devtmpfs, and a user could not unpack them' },
  {
    paths: /^(etc|var\/lib|var\/cache)\/dnf(\/.*)?$|^var\/log\/(dnf|hawkey).*$/,
    reason:
      'directories, history, cache and logs of the dnf that made the tree; they hold times and paths of the host',
  },
  {
    paths: /^usr\/lib\/sysimage\/rpm\/(rpmdb.sqlite-(shm|wal)|.rpm.lock)$/,
    reason: 'work files of the database; it is closed, so all is in rpmdb.sqlite',
  },
  {
    paths: /^usr\/lib\/sysimage\/rpm\/rpmdb.sqlite$/,
    reason: 'dnf enters the key of the repository as a package gpg-pubkey; compared by content, not by bytes',
  },
  {
    paths: /^var\/cache\/ldconfig(\/aux-cache)?$/,
    reason: 'holds times of the machine; ldconfig makes it anew',
  },
  {
    paths: /^(run|tmp|var\/tmp)\/.+$/,
    reason: 'left by scripts; the running system mounts file systems of its own there or empties them',
  },
  {
    paths: /^boot$|^boot\/(vmlinuz|initramfs|config|System\.map|loader)[^/]*(\/.*)?$/,
    reason:
      'ours are made once by dracut with fixed settings and times, theirs by kernel-install in a script',
  },
  {
    paths: /^usr\/include$/,
    reason:
      'several packages write into it; it has the time of the last one, and between packages that do not need each other the order is that in which rpm was told of them',
  },
  { paths: /^etc\/machine-id$/, reason: 'systemd makes a new identity at the first start of each copy' },
];

/** The normalisation that explains a difference at `path`, if one does. */
export function fedoraExplained(path: string): Normalisation | undefined {
  return FEDORA_NORMALISATIONS.find(({ paths }) => paths.test(path));
}

/** Removes what depends on when and how a tree was made. */
export function normaliseFedoraScript(): string {
  return `
umount -l $root/proc $root/dev
find $root/dev $root/proc -mindepth 1 -delete
find $root/run $root/tmp $root/var/tmp -mindepth 1 -delete
rm -f $root/usr/lib/sysimage/rpm/rpmdb.sqlite-shm $root/usr/lib/sysimage/rpm/rpmdb.sqlite-wal
rm -f $root/usr/lib/sysimage/rpm/.rpm.lock $root/var/cache/ldconfig/aux-cache
rm -f $root/var/lib/systemd/random-seed
# Empty and not missing: otherwise every start of every qube is a first boot, machine-id(5).
if [ -e $root/etc/machine-id ] || [ -e $root/usr/lib/systemd/systemd ]; then
  rm -f $root/etc/machine-id
  : >$root/etc/machine-id
fi
`;
}

/**
 * How many blocks of 512 bytes tar reads or writes at a time: 64 KiB, what a pipe holds. With the customary 10 KiB,
 * a third to a half of its time goes into calls.
 */
export const TAR_RECORD = '--blocking-factor=128';

/** Packs the finished tree at `root` as `/out/rootfs.tar`: pax, sorted, no time after `epoch` (seconds). */
export function packScript(root: string, epoch: number): string {
  return `tar ${TAR_RECORD} --sort=name --mtime=@${epoch} --clamp-mtime --numeric-owner --format=pax \\
      --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime --xattrs --xattrs-include='*' \\
      -C ${root} -c -f /out/rootfs.tar .`;
}

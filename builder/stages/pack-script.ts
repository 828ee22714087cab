/** Packs the finished tree at `root` as `/out/rootfs.tar`: pax, sorted, no time after `epoch` (seconds). */
export function packScript(root: string, epoch: number): string {
  return `tar --sort=name --mtime=@${epoch} --clamp-mtime --numeric-owner --format=pax \\
      --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime --xattrs --xattrs-include='*' \\
      -C ${root} -c -f /out/rootfs.tar .`;
}

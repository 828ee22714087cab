import { SANDBOX_HOSTNAME } from './job.ts';

/** A host path that the sandbox is to see at `target` (below its root). */
export interface Bind {
  readonly source: string;
  readonly target: string;
  /** Mount flags that the source carries and that a remount must repeat, or the kernel refuses it. */
  readonly flags: readonly string[];
  readonly writable?: boolean;
}

const DEVICES = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];

/** `text` as one word of a POSIX shell. */
export function shellQuote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * Shell commands that show the binds at `base`, a directory that anybody may enter. Root runs them before it
 * leaves its user namespace, because the sandbox's own ids may not be allowed down the path of a source.
 */
export function bindCommands(base: string, binds: readonly Bind[]): string {
  const lines = [
    `mount --make-rprivate /`,
    `mount -t tmpfs -o mode=0755,nosuid,nodev qubeforge ${base}`,
    ...binds.flatMap((bind) => bindLines(`${base}/${bind.target}`, bind)),
  ];
  return lines.join('\n');
}

function bindLines(target: string, bind: Bind): string[] {
  const [source, place] = [shellQuote(bind.source), shellQuote(target)];
  const flags = [...new Set([...bind.flags, 'nosuid', 'nodev', ...(bind.writable === true ? [] : ['ro'])])];
  return [
    `if [ -d ${source} ]; then mkdir -p ${place}; else mkdir -p ${shellQuote(parent(target))}; : >${place}; fi`,
    `mount --bind ${source} ${place}`,
    `mount -o remount,bind,${flags.join(',')} ${place}`,
  ];
}

function parent(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

/**
 * Shell commands that turn the binds at `base` into the sandbox's whole world and start its script.
 * `base/root` holds the toolbox, `base/in`, `base/job`, `base/out` and perhaps `base/build` what the job is given.
 */
export function enterCommands(base: string): string {
  const root = `${base}/root`;
  return [
    `mount --make-rprivate /`,
    // What a more privileged namespace mounted is locked here and cannot become a root: mount it again.
    `mount --rbind ${root} ${root}`,
    `mount -t proc -o nosuid,nodev,noexec proc ${root}/proc`,
    `mount -t tmpfs -o mode=0755,nosuid dev ${root}/dev`,
    ...DEVICES.map((name) => `: >${root}/dev/${name}; mount --bind /dev/${name} ${root}/dev/${name}`),
    `mkdir ${root}/dev/pts ${root}/dev/shm`,
    `mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts ${root}/dev/pts`,
    `ln -s pts/ptmx ${root}/dev/ptmx`,
    `ln -s /proc/self/fd ${root}/dev/fd`,
    `for n in 0:stdin 1:stdout 2:stderr; do ln -s fd/\${n%%:*} ${root}/dev/\${n#*:}; done`,
    `mount -t tmpfs -o mode=1777,nosuid,nodev shm ${root}/dev/shm`,
    `mount -t tmpfs -o mode=1777,nosuid,nodev tmp ${root}/tmp`,
    `mount -t tmpfs -o mode=0755,size=90% work ${root}/build`,
    `mount -t tmpfs -o mode=0755,nosuid,nodev in ${root}/in`,
    // On disk, where memory is scarce.
    `for d in in job out build; do`,
    `  [ -e ${base}/$d ] || continue`,
    `  if [ $d = in ]; then mount --rbind ${base}/in ${root}/in; else mount --bind ${base}/$d ${root}/$d; fi`,
    `done`,
    `cd ${root}`,
    `pivot_root . .`,
    `umount -l .`,
    // Only the toolbox has a tool for this: the kernel refuses /proc/sys/kernel/hostname in a user namespace.
    `hostname ${SANDBOX_HOSTNAME}`,
    `cd /build`,
    `umask 022`,
    `exec /usr/bin/env -i "$@" /bin/sh -eu /job/main.sh`,
  ].join('\n');
}

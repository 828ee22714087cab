import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { fetchFile } from './hot-disk.ts';
import { mustRun, PASSPHRASE } from './installation.ts';
import type { Machine } from './qemu.ts';

/**
 * Prints what an installed disk holds, a fact a line, to compare disks by: partition table, LUKS
 * header, volumes, and every file with its digest. `sh inspect DISK OUT [NEEDLES]`; with NEEDLES, a file of
 * texts, it prints on its standard output which files have one of them. Runs on the medium, as root.
 */
export const INSPECT = `set -eu
disk=$1 out=$2 needles=\${3:-}
at=/run/inspect
mkdir -p $at
sgdisk --verify $disk >$out
for part in 1 2 3 4; do sgdisk --info=$part $disk >>$out; done
printf %s '${PASSPHRASE}' >/run/inspect.key
cryptsetup open --readonly --key-file /run/inspect.key \${disk}4 inspect
rm /run/inspect.key
# Salts, digests and what was measured differ from one installation to the next.
cryptsetup luksDump \${disk}4 |
  sed -E '/^\\s+([0-9a-f]{2} ?)+$/d; /Salt:|Digest:|Iterations:|Time cost:|Memory:|Epoch:/d' >>$out
lvm="--devices /dev/mapper/inspect"
group=$(vgs $lvm --noheadings -o vg_name | tr -d ' ')
vgchange $lvm -a y $group >/dev/null
lvs $lvm --noheadings --units b -o lv_name,lv_size,pool_lv,chunk_size,zero,discards,lv_when_full,lv_metadata_size $group >>$out
show() {
  mount -o ro,$3 $2 $at
  echo "== $1" >>$out
  (
    cd $at
    find . -xdev -type d -printf '%p d %m %U:%G\\n' | LC_ALL=C sort
    find . -xdev ! -type d ! -type f -printf '%p %y %m %U:%G %l\\n' | LC_ALL=C sort
    find . -xdev -type f -printf '%p f %m %U:%G %s\\n' | LC_ALL=C sort
    find . -xdev -type f -print0 | LC_ALL=C sort -z | xargs -0 -r b2sum --length=128
  ) >>$out
  [ -z "$needles" ] || grep -rlaF -f $needles $at || :
  umount $at
}
show esp \${disk}2 umask=0
show boot \${disk}3 noload
if [ -n "$needles" ]; then
  mount -o ro,noload \${disk}3 $at
  unmkinitramfs $at/initrd.img-* /run/inspect.initrd
  umount $at
  [ -e /run/inspect.initrd/main/init ] || [ -e /run/inspect.initrd/init ]
  grep -rlaF -f $needles /run/inspect.initrd || :
  rm -r /run/inspect.initrd
fi
for volume in $(lvs $lvm --noheadings -o lv_name $group | grep root); do
  e2fsck -fn /dev/$group/$volume >/dev/null 2>&1
  dumpe2fs -h /dev/$group/$volume 2>/dev/null | grep -E 'UUID|volume name|Block count|state' >>$out
  show $volume /dev/$group/$volume noload
done
vgchange $lvm -a n $group >/dev/null
cryptsetup close inspect
`;

/** Files that two installations of the same system may differ in, and why. */
const VARY: readonly (readonly [RegExp, string])[] = [
  [/^\.\/etc\/shadow-?$/, 'passwords are salted'],
  [/^\.\/var\/log\/qubeforge-install\.log$/, 'tells what this run did, and when'],
  [/^\.\/(boot\/)?initrd\.img-/, 'cpio and zstd keep times'],
  [/^\.\/var\/lib\/initramfs-tools\//, 'digest of the initrd'],
  [/^\.\/var\/cache\/ldconfig\/aux-cache$/, 'times of libraries'],
];

/** What `sh inspect DISK /run/facts` wrote in a machine with `HOT_PLUG`. */
export async function factsOf(machine: Machine, folder: string): Promise<string> {
  const path = join(folder, 'facts.img');
  await writeFile(path, '');
  await truncate(path, 64 * 2 ** 20);
  await mustRun(machine.console, 'gzip -c /run/facts >/run/facts.gz');
  await fetchFile(machine, '/run/facts.gz', { path, serial: 'QFFACTS' });
  const facts = gunzipSync(await readFile(path)).toString('utf8');
  if (!facts.includes('\n== ')) throw new Error(`no facts in:\n${facts}`);
  return facts;
}

/** The facts that only one of two disks has, without what may vary. */
export function unexpected(reference: string, other: string): readonly string[] {
  const [before, now] = [told(reference), told(other)];
  return [
    ...[...before].filter((fact) => !now.has(fact)).map((fact) => `only before: ${fact}`),
    ...[...now].filter((fact) => !before.has(fact)).map((fact) => `only now: ${fact}`),
  ];
}

/** The facts that must not vary, each with the volume it is about. */
function told(facts: string): ReadonlySet<string> {
  let volume = '';
  const lines = facts.split('\n').map((line) => {
    if (line.startsWith('== ')) volume = line.slice(3);
    const path = /(\.\/\S*)/.exec(line)?.[1];
    const varies = path !== undefined && VARY.some(([pattern]) => pattern.test(path));
    return varies ? '' : `${volume}: ${line}`;
  });
  return new Set(lines);
}

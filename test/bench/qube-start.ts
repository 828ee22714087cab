// How long a qube takes from its start until it can be used, in pairs with `xl create` of the same kernel, initrd
// and root: on an installed machine under emulation, by dom0's clock.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installedDisk, NETWORKED } from '../support/installed-disk.ts';
import { buildMedium } from '../support/medium.ts';
import { bootQubes, startServers, type QubesMachine } from '../support/qubes-machine.ts';
import { progress, summary, type Run } from './measure.ts';

const QUBE = 'vault';
const LIMIT = 45 * 60_000;

/** The configuration that `qube` made, with volumes of its own; the guest formats the private one in its first start. */
const PREPARE = `set -e
qube start ${QUBE} --wait 900
cp /run/qubeforge/configs/${QUBE}.xl /root/bare.xl
xenstore-ls -f /local/domain/$(xl domid ${QUBE})/qubeforge | sed -nE 's#^/local/domain/[0-9]+/qubeforge/(\\S+) = "(.+)"$#\\1 \\2#p' > /root/facts
qube stop ${QUBE} --wait 300
group=$(vgs --noheadings -o vg_name | tr -d ' ')
for volume in private volatile; do lvcreate --quiet --type thin --thinpool qube-pool --virtualsize 2G --name bare.$volume $group; done
sed -i -E "s/^name = .*/name = \\"bare\\"/; s#(vdev=xvda,[^\\"]*target=)[^\\"]*#\\1/dev/$group/bare.root#
s#(vdev=xvdb,[^\\"]*target=)[^\\"]*#\\1/dev/$group/bare.private#; s#(vdev=xvdc,[^\\"]*target=)[^\\"]*#\\1/dev/$group/bare.volatile#" /root/bare.xl
cat > /root/root <<END
lvremove --quiet --yes $group/bare.root 2>/dev/null
lvcreate --quiet --snapshot --setactivationskip n --name bare.root $group/qube.debian-13-minimal.root
END`;

/** The guest is told the same, so that it has the same to do. */
const BARE =
  'xl create -q -p /root/bare.xl && d=/local/domain/$(xl domid bare) && xenstore-write $(sed "s#^#$d/qubeforge/#" /root/facts) && ' +
  'xl unpause bare && timeout 900 xenstore-watch -n 2 $d/data/qubeforge-ready >/dev/null';

/**
 * Xen still clears the memory of the domain before, and LVM its blocks; dom0 notices that it is gone, and a start waits
 * for what it then does.
 */
const SETTLE =
  "n=0; until [ $n = 3 ]; do sleep 4; n=$((n + 1)); if pgrep -f '^([^ ]*/)?node [^ ]*qube reconcile' >/dev/null; then n=0; fi; done";

/** Seconds of dom0's clock that a command takes; it must succeed. */
async function seconds({ dom0 }: QubesMachine, command: string): Promise<Run> {
  const { output, code } = await dom0(
    `s=$(date +%s%N); ${command}; c=$?; e=$(date +%s%N); echo "took $((e - s)) $c"`,
    LIMIT,
  );
  const [, nanoseconds, status] = /took (\d+) (\d+)/.exec(output) ?? [];
  if (code !== 0 || status !== '0') throw new Error(`${command}:\n${output}`);
  return { wall: Number(nanoseconds) / 1e9, cpu: NaN };
}

/** Prints the ratio of `pairs` starts after one that warms up both. */
export async function benchQubeStart(pairs: number): Promise<void> {
  await using medium = await buildMedium();
  const folder = await mkdtemp(join(tmpdir(), 'qubeforge-bench-'));
  try {
    const disk = await (await installedDisk(medium, NETWORKED)).overlay(folder);
    await using desk = await bootQubes(medium, disk, await startServers(folder));
    // What the boot starts would only take the processor.
    await desk.dom0(
      'systemctl stop qubeforge-boot.service; qube stop --kill personal sys-firewall sys-net',
      LIMIT,
    );
    await seconds(desk, `sh -c '${PREPARE.replaceAll("'", `'\\''`)}'`);
    const ours: Run[] = [];
    const bare: Run[] = [];
    const startBare = async (): Promise<void> => {
      await seconds(desk, 'sh /root/root');
      await seconds(desk, SETTLE);
      bare.push(await seconds(desk, BARE));
      await seconds(desk, 'xl destroy bare');
    };
    const startOurs = async (): Promise<void> => {
      await seconds(desk, SETTLE);
      ours.push(await seconds(desk, `qube start ${QUBE} --wait 900`));
      await seconds(desk, `qube stop ${QUBE} --wait 300`);
    };
    for (let pair = 0; pair <= pairs; pair++) {
      // What slows down with time, or because of the one before, falls on both.
      for (const start of pair % 2 === 0 ? [startBare, startOurs] : [startOurs, startBare]) await start();
      // Pair 0 warms up.
      console.log(progress(pair, { bare: bare.at(-1), ours: ours.at(-1) }));
    }
    process.stdout.write(`${summary('xl create', bare.slice(1))}\n`);
    process.stdout.write(`${summary(`qube start ${QUBE}`, ours.slice(1), bare.slice(1))}\n`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

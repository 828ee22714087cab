/**
 * Paired runs, in one emulated machine, of the installer's step that writes an image and of `dd` that writes the same
 * bytes to the same dm-crypt device. dd reads them unpacked from a disk, skips zeros as the step does, and waits until
 * they are on the disk. Ours is charged with reading the medium, unpacking, and hashing.
 */
import { join } from 'node:path';
import { build } from 'esbuild';
import { parseManifest, type Image } from '../../installer/medium/manifest.ts';
import { answersDisk, INSTALL, mustRun, targetDisk } from '../support/installation.ts';
import { bootBare, buildMedium } from '../support/medium.ts';
import { createDisk, type Machine } from '../support/qemu.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { parseTimed, summary, type Run } from './measure.ts';

const MEDIUM = '/run/qubeforge/medium';
/** The file in dom0's squashfs, which the live system has mounted. */
const LIVE_IMAGE = '/run/qubeforge/dom0/root.img';
const TARGET = '/dev/mapper/bench';
/** A machine that Xen runs on has several: one unpacks while another encrypts. */
const PROCESSORS = 2;
const UNPACKED = '/dev/vdc';

/**
 * Calls the step's own code and times it: `node step.mjs MEDIUM IMAGE DEVICE`. In an installation, Node has started
 * long before. utime, stime, cutime and cstime are fields of proc(5), stat.
 */
const STEP = `import { readFileSync, writeFileSync } from 'node:fs';
import { deployImage } from './edge/deploy.ts';
const [medium, image, device] = process.argv.slice(2);
const ticks = () => {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ').pop().split(' ');
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
};
writeFileSync('/proc/sys/vm/drop_caches', '3');
const [start, before] = [performance.now(), ticks()];
await deployImage(medium, JSON.parse(image), device, () => undefined);
const [wall, used] = [(performance.now() - start) / 1000, (ticks() - before) / 100];
console.log('TIMED ' + wall.toFixed(3) + ' ' + used.toFixed(3) + ' 0.0');
`;

/** Prints the ratio of times for each image of the medium. */
export async function benchDeploy(pairs: number): Promise<void> {
  await using medium = await buildMedium();
  await using folder = await temporaryDirectory();
  const { outputFiles } = await build({
    stdin: { contents: STEP, resolveDir: process.cwd(), loader: 'ts' },
    ...{ bundle: true, write: false, platform: 'node', format: 'esm', target: 'node20' },
  });
  const target = await targetDisk(medium, folder.path);
  const unpacked = { path: join(folder.path, 'unpacked.qcow2'), format: 'qcow2' } as const;
  await createDisk(medium.tools, unpacked.path, '12G');
  const code = await answersDisk(folder.path, { 'step.mjs': outputFiles[0]?.text ?? '' });
  await using machine = await bootBare(medium, { processors: PROCESSORS, disks: [code, target, unpacked] });
  await mustRun(machine.console, 'mount -o ro /dev/vda /mnt');
  const format =
    'cryptsetup luksFormat -q --pbkdf=pbkdf2 --pbkdf-force-iterations=1000 --cipher=aes-xts-plain64';
  await mustRun(machine.console, `printf x | ${format} --key-size=512 --key-file=- /dev/vdb`);
  await mustRun(machine.console, 'printf x | cryptsetup open --allow-discards --key-file=- /dev/vdb bench');
  const manifest = await medium.project.session.store.read(medium.files['manifest.json']!, 'manifest.json');
  const { images } = parseManifest(manifest.toString('utf8'), 'manifest.json');
  for (const image of images) await compare(machine, image, pairs);
}

async function compare(machine: Machine, image: Image, pairs: number): Promise<void> {
  const file = `${MEDIUM}/${image.path}`;
  const unpack = image.path.endsWith('.squashfs') ? `cat ${LIVE_IMAGE}` : `zstd -dcq ${file}`;
  await mustRun(machine.console, `blkdiscard -f ${UNPACKED}`);
  await mustRun(machine.console, `${unpack} | dd of=${UNPACKED} bs=64K iflag=fullblock conv=sparse,fsync`);
  const blocks = image['raw-size'] / 65536;
  const step = `node /mnt/step.mjs ${MEDIUM} '${JSON.stringify(image)}' ${TARGET}`;
  const dd = `dd if=${UNPACKED} of=${TARGET} bs=64K count=${Math.ceil(blocks)} conv=sparse,notrunc,fsync`;
  const runs = { dd: [] as Run[], step: [] as Run[] };
  for (let pair = 0; pair < pairs; pair++) {
    runs.dd.push(await timedInMachine(machine, `TIMEFORMAT='TIMED %R %U %S'; time ${dd}`));
    runs.step.push(await timedInMachine(machine, step));
  }
  console.log(
    `${image.name}: ${(image['raw-size'] / 2 ** 20).toFixed(0)} MiB unpacked, ${PROCESSORS} processors, ${pairs} pairs`,
  );
  console.log(summary('dd', runs.dd));
  // The throughput is the inverse of the time: dd's time by ours.
  console.log(summary('the step', runs.step));
  console.log(summary('throughput of the step by that of dd (as the ratio)', runs.dd, runs.step));
}

/** From a cold page cache, as in an installation. The command prints its times. */
async function timedInMachine({ console }: Machine, command: string): Promise<Run> {
  await mustRun(console, `sync; echo 3 >/proc/sys/vm/drop_caches; blkdiscard -f ${TARGET}`);
  const output = await mustRun(console, command, INSTALL);
  const timed = parseTimed(output);
  if (timed === undefined) throw new Error(`not timed:\n${output}`);
  return timed;
}

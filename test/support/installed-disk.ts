import { copyFile, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '../../core/digest.ts';
import { sweepTemporary, temporaryPath } from '../../edge/files.ts';
import { acquireLock } from '../../edge/lock-file.ts';
import type { Disk } from '../../builder/run/machine.ts';
import {
  ANSWERS,
  answerFiles,
  answersDisk,
  bootInstaller,
  INSTALL,
  mustRun,
  SERIAL,
  targetDisk,
} from './installation.ts';
import type { Channel } from './channel.ts';
import { bootBare, type TestMedium } from './medium.ts';
import { createOverlay, type Machine, type StartOptions } from './qemu.ts';
import { TEST_CACHE } from './project.ts';
import { temporaryDirectory } from './temporary.ts';

/** The machine that is installed, and how. */
export interface Installation extends Pick<StartOptions, 'uefi' | 'iommu' | 'devices' | 'networks'> {
  readonly answers: string;
}

/**
 * A machine with an IOMMU and a network card, which keeps its address whatever else is attached: what sys-net needs.
 * It starts from its disk with the same options; a qube with a network starts with it.
 */
export const NETWORKED = {
  iommu: 'amd',
  devices: ['e1000e,netdev=net0,addr=0x10'],
  networks: ['user,id=net0,restrict=on'],
  answers: `${ANSWERS.replace('overrides: [iommu, memory]', 'overrides: [memory]')}qubes: {virt: pv, autostart: [personal]}\n`,
} as const satisfies Installation;

/** The disk of a finished installation without questions. It is shared: only overlays of it may be written to. */
export interface InstalledDisk {
  readonly disk: Disk;
  readonly recoveryKey: string;
  /** A disk in `folder` that begins as the installed one and keeps its changes for itself. */
  readonly overlay: (folder: string) => Promise<Disk>;
}

/**
 * Installs in QEMU, from the medium's menu and under Xen, and keeps the disk for `installedDisk`. `further`: disks that
 * are attached besides; `afterwards`: what else to do on the machine before it goes.
 */
export async function installDisk(
  medium: TestMedium,
  installation: Installation,
  further: readonly Disk[] = [],
  afterwards: (machine: Machine) => Promise<void> = () => Promise.resolve(),
): Promise<InstalledDisk> {
  return await keepDisk(medium, installation, async (target, answers) => {
    await using machine = await bootInstaller(medium, [target, answers, ...further], installation);
    const key = await installed(machine.serial);
    await afterwards(machine);
    return key;
  });
}

/** The same installation from the shell of the rescue entry: without Xen, emulation needs a third of the time. */
async function installWithoutXen(medium: TestMedium, installation: Installation): Promise<InstalledDisk> {
  return await keepDisk(medium, installation, async (target, answers) => {
    await using machine = await bootBare(medium, { ...installation, disks: [target, answers] });
    await mustRun(machine.console, 'mount -o ro /dev/disk/by-label/QF_ANSWERS /mnt');
    await machine.console.sendLine(
      `qubeforge-install install --answers /mnt/answers.yaml --secrets /mnt/secrets.yaml --erase ${SERIAL}`,
    );
    return await installed(machine.console);
  });
}

/** Waits until the installer is done; the recovery key that it showed. */
async function installed(console: Channel): Promise<string> {
  const [, key = ''] = await console.expect(RECOVERY_KEY, INSTALL);
  await console.expect(/desk is installed on/, INSTALL);
  return key;
}

/** `install` writes to the first disk, reads the answers from the second, and resolves with the recovery key. */
async function keepDisk(
  medium: TestMedium,
  installation: Installation,
  install: (target: Disk, answers: Disk) => Promise<string>,
): Promise<InstalledDisk> {
  const kept = place(medium, installation);
  await mkdir(DISKS, { recursive: true });
  await sweepTemporary(DISKS);
  await using scratch = await temporaryDirectory();
  const target = await targetDisk(medium, scratch.path);
  const answers = await answersDisk(scratch.path, {
    ...answerFiles(installation.answers),
    erase: SERIAL,
  });
  const key = await install(target, answers);
  const made = temporaryPath(DISKS);
  await mkdir(made);
  await copyFile(target.path, join(made, DISK));
  await writeFile(join(made, KEY), key);
  await rm(kept, { recursive: true, force: true });
  await rename(made, kept);
  return await open(medium, kept);
}

/** The recovery key as the installer shows it. */
export const RECOVERY_KEY = /\b([b-v]{6}(?:-[b-v]{6}){7})\b/;

/** The disk of an installation of this medium: the one that was kept, or a new one. */
export async function installedDisk(medium: TestMedium, installation: Installation): Promise<InstalledDisk> {
  const kept = place(medium, installation);
  await using _ = await acquireLock(`${kept}.lock`, { what: 'the installed disk', wait: 2 * INSTALL });
  await forgetOld(kept);
  const there = await stat(join(kept, KEY)).catch(() => undefined);
  if (there === undefined) return await installWithoutXen(medium, installation);
  await utimes(kept, new Date(), new Date());
  return await open(medium, kept);
}

const DISKS = join(TEST_CACHE, 'installed');
const DISK = 'disk.qcow2';
const KEY = 'recovery-key';

/** Where the disk is kept: the same medium, the same installer on it, and the same machine make the same disk. */
function place(medium: TestMedium, { answers, uefi, iommu, devices, networks }: Installation): string {
  const files = Object.fromEntries(Object.entries(medium.files).map(([path, { sha256 }]) => [path, sha256]));
  return join(DISKS, digestOf({ files, answers, uefi, iommu, devices, networks }).slice(0, 32));
}

async function open(medium: TestMedium, kept: string): Promise<InstalledDisk> {
  const disk: Disk = { path: join(kept, DISK), format: 'qcow2', serial: SERIAL };
  return {
    disk,
    recoveryKey: await readFile(join(kept, KEY), 'utf8'),
    overlay: async (folder) => {
      const path = join(folder, 'overlay.qcow2');
      await createOverlay(medium.tools, path, disk);
      return { ...disk, path };
    },
  };
}

/** Disks are large: those that nobody asked for in a day go, but for `kept`. */
async function forgetOld(kept: string): Promise<void> {
  const day = 24 * 60 * 60_000;
  for (const name of await readdir(DISKS)) {
    const path = join(DISKS, name);
    if (path.startsWith(kept)) continue;
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > day) await rm(path, { recursive: true, force: true });
  }
}

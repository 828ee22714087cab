import { formatBytes, GIB } from '../../core/bytes.ts';
import type { Disk } from '../probe/model.ts';
import { type Check, type Finding } from './finding.ts';

export const LEAST_DISK = 32 * GIB;
const COMFORTABLE = 128 * GIB;

/** A disk that an installation could go to. The medium we started from is in use, and so is none. */
export function isCandidate(disk: Disk): boolean {
  return !disk.readOnly && !disk.inUse && disk.sizeBytes >= LEAST_DISK;
}

export const disks: Check = {
  id: 'disks',
  run: (hardware) => {
    const candidates = hardware.disks.filter(isCandidate);
    return [room(hardware.disks, candidates), ...candidates.flatMap(onUsb), ...twins(candidates)];
  },
};

function room(all: readonly Disk[], candidates: readonly Disk[]): Finding {
  const base = { id: 'disks', title: 'Disk to install on' };
  const show = (disk: Disk): string =>
    `${disk.path} ${formatBytes(disk.sizeBytes)}${disk.inUse ? ' (in use)' : ''}`;
  const evidence = all.length === 0 ? 'no disk seen' : all.map(show).join(', ');
  if (candidates.length === 0) {
    const meaning = 'No disk of 32 GiB or more is free; one that is mounted or open cannot be chosen.';
    const remedy =
      'Attach a disk. If one is missing here, switch its firmware setting from "RAID" or "RST" to "AHCI" or "NVMe".';
    return { ...base, level: 'block', state: 'no', evidence, meaning, remedy };
  }
  if (candidates.some((disk) => disk.sizeBytes >= COMFORTABLE)) {
    return { ...base, level: 'ok', state: 'yes', evidence };
  }
  return {
    ...base,
    level: 'inform',
    state: 'yes',
    evidence,
    meaning: 'Enough to begin with; 128 GiB are comfortable.',
  };
}

function onUsb(disk: Disk): Finding[] {
  if (disk.usbController === undefined && disk.transport !== 'usb') return [];
  return [
    {
      id: `disk-on-usb:${disk.path}`,
      level: 'inform',
      state: 'yes',
      title: `${disk.path} is on USB`,
      evidence: disk.usbController ?? disk.transport,
      meaning: 'If you install there, dom0 keeps its USB controller and sys-usb stays off.',
    },
  ];
}

/** Two disks that cannot be told apart cannot be confirmed by name either. */
function twins(candidates: readonly Disk[]): Finding[] {
  const nameless = candidates.filter(
    (disk) =>
      disk.serial === '' || candidates.some((other) => other !== disk && other.serial === disk.serial),
  );
  return nameless.map((disk) => ({
    id: `disk-identity:${disk.path}`,
    level: 'warn' as const,
    state: 'no' as const,
    title: `${disk.path} has no serial number of its own`,
    evidence: disk.serial === '' ? 'no serial number' : `serial number ${disk.serial} appears twice`,
    meaning: 'It cannot be confirmed by serial number; its path may change from one start to the next.',
    remedy: 'Detach the other disks while installing.',
  }));
}

import { formatBytes, parseBytes } from '../../core/bytes.ts';
import { AppError } from '../../core/errors.ts';
import { LEAST_DISK } from '../checks/disks.ts';
import type { Disk } from '../probe/model.ts';
import type { DiskMatch } from './answers.ts';

/** The one disk that the answers mean. Throws an `AppError` when it is none, two, too small or in use. */
export function chooseDisk(disks: readonly Disk[], match: DiskMatch): Disk {
  const fitting = disks.filter((disk) => fits(disk, match));
  const usable = fitting.filter((disk) => !disk.inUse && !disk.readOnly);
  const candidates = usable.length > 0 ? usable : fitting;
  const chosen = pick(candidates, match.pick);
  if (chosen === undefined) {
    throw candidates.length === 0
      ? problem('missing', 'No disk fits the answers', disks, describeMatch(match))
      : problem('ambiguous', `${candidates.length} disks fit the answers`, candidates, 'exactly one disk');
  }
  if (chosen.inUse)
    throw problem('busy', `${chosen.path} is in use`, [chosen], 'a disk with nothing mounted or open');
  if (chosen.readOnly)
    throw problem('read-only', `${chosen.path} cannot be written`, [chosen], 'a writable disk');
  if (chosen.sizeBytes < LEAST_DISK) {
    throw problem('small', `${chosen.path} is too small`, [chosen], `${formatBytes(LEAST_DISK)} or more`);
  }
  return chosen;
}

/** What must be typed to erase a disk: its serial number, or its path when it has none. */
export function eraseToken(disk: Disk): string {
  return disk.serial === '' ? disk.path : disk.serial;
}

/** Throws unless `token` names `disk`. */
export function assertErase(disk: Disk, token: string | undefined): void {
  if (token === eraseToken(disk)) return;
  throw new AppError({
    kind: 'usage',
    code: 'erase.token',
    what: `${disk.path} will not be erased: the erase token does not name it`,
    where: describeDisk(disk),
    expected: `--erase ${eraseToken(disk)}`,
    got: token === undefined ? 'no --erase' : `--erase ${token}`,
    next: 'qubeforge-install plan --answers FILE, and compare the serial number',
  });
}

/** One test for each way to name a disk; those that the answers leave out hold. */
const TESTS: readonly ((disk: Disk, match: DiskMatch) => boolean)[] = [
  (disk, { serial }) => serial === undefined || disk.serial === serial,
  (disk, { model }) => model === undefined || glob(model).test(disk.model),
  (disk, { path }) => path === undefined || disk.path === path,
  (disk, { transport }) => transport === undefined || disk.transport === transport,
  (disk, match) => disk.sizeBytes >= (parseBytes(match['min-size'] ?? '0') ?? 0),
  (disk, match) => disk.sizeBytes <= (parseBytes(match['max-size'] ?? '') ?? Number.MAX_SAFE_INTEGER),
];

function fits(disk: Disk, match: DiskMatch): boolean {
  return TESTS.every((test) => test(disk, match));
}

function glob(pattern: string): RegExp {
  const escaped = pattern.split('*').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${escaped.join('.*')}$`);
}

function pick(disks: readonly Disk[], how: DiskMatch['pick']): Disk | undefined {
  if (how === 'only') return disks.length === 1 ? disks[0] : undefined;
  const sorted = disks.toSorted((a, b) => a.sizeBytes - b.sizeBytes || (a.path < b.path ? -1 : 1));
  return how === 'smallest'
    ? (sorted.find((disk) => disk.sizeBytes >= LEAST_DISK) ?? sorted[0])
    : sorted.at(-1);
}

export function describeDisk(disk: Disk): string {
  const serial = disk.serial === '' ? 'no serial number' : `serial ${disk.serial}`;
  return [disk.path, formatBytes(disk.sizeBytes), disk.model, serial]
    .filter((part) => part !== '')
    .join(', ');
}

function describeMatch(match: DiskMatch): string {
  return Object.entries(match)
    .filter(([key]) => key !== 'pick')
    .map(([key, value]) => `${key} ${value}`)
    .join(', ');
}

function problem(code: string, what: string, disks: readonly Disk[], expected: string): AppError {
  return new AppError({
    kind: 'usage',
    code: `disk.${code}`,
    what,
    expected: expected === '' ? 'a disk' : expected,
    got: disks.length === 0 ? 'no disk' : disks.map(describeDisk).join('\n'),
    next: 'change `disk:` in the answers; qubeforge-install check lists the disks',
  });
}

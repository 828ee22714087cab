import { alignUp, GIB, MIB } from '../../core/bytes.ts';

export type PartitionRole = 'bios' | 'esp' | 'boot' | 'system';

/** A partition; offsets and sizes in bytes. */
export interface PlannedPartition {
  readonly number: number;
  readonly role: PartitionRole;
  readonly start: number;
  readonly size: number;
  /** sgdisk's type code. */
  readonly type: string;
  readonly name: string;
  /** GPT name of an existing partition that stays as it is. */
  readonly kept: string | undefined;
}

export interface KeptPartition {
  readonly number: number;
  readonly start: number;
  readonly size: number;
  readonly uuid: string;
}

export interface DiskShape {
  readonly sizeBytes: number;
  readonly logicalSector: number;
  /** The EFI system partition to keep. */
  readonly keep?: KeptPartition | undefined;
}

/** Everything starts at a multiple of this. */
export const ALIGNMENT = MIB;

const BIOS_SIZE = MIB;
const ESP_SIZE = GIB;
const BOOT_SIZE = 2 * GIB;

const TYPES: Record<PartitionRole, { readonly type: string; readonly name: string }> = {
  bios: { type: 'ef02', name: 'qubeforge-bios' },
  esp: { type: 'ef00', name: 'qubeforge-esp' },
  boot: { type: '8300', name: 'qubeforge-boot' },
  system: { type: '8309', name: 'qubeforge-system' },
};

/**
 * The GPT of a disk (UEFI 2.10, section 5.3): BIOS boot, ESP, /boot and the rest for the system. Both
 * loaders get their place, so that the disk starts whichever way the firmware is set. The backup table
 * lies in the last MiB. Undefined when the disk has no room.
 */
export function planPartitions(disk: DiskShape): readonly PlannedPartition[] | undefined {
  const gap = largestGap(disk);
  const keep = disk.keep;
  const sizes: [PartitionRole, number][] = [
    ['bios', BIOS_SIZE],
    ...(keep === undefined ? ([['esp', ESP_SIZE]] as [PartitionRole, number][]) : []),
    ['boot', BOOT_SIZE],
  ];
  const free = [1, 2, 3, 4, 5].filter((number) => number !== keep?.number);
  const partitions: PlannedPartition[] = [];
  let start = gap.start;
  const add = (role: PartitionRole, size: number): void => {
    partitions.push({ number: free.shift() ?? 0, role, start, size, kept: undefined, ...TYPES[role] });
    start += size;
  };
  for (const [role, size] of sizes) add(role, size);
  const rest = Math.floor((gap.end - start) / ALIGNMENT) * ALIGNMENT;
  if (rest < 8 * GIB) return undefined;
  add('system', rest);
  if (keep !== undefined) {
    partitions.push({
      number: keep.number,
      role: 'esp',
      start: keep.start,
      size: keep.size,
      kept: keep.uuid,
      ...TYPES.esp,
    });
  }
  return partitions;
}

/** The larger of the free ranges before and after the kept partition, or the whole disk. */
function largestGap(disk: DiskShape): { readonly start: number; readonly end: number } {
  const end = Math.floor((disk.sizeBytes - ALIGNMENT) / ALIGNMENT) * ALIGNMENT;
  if (disk.keep === undefined) return { start: ALIGNMENT, end };
  const before = { start: ALIGNMENT, end: Math.floor(disk.keep.start / ALIGNMENT) * ALIGNMENT };
  const after = { start: alignUp(disk.keep.start + disk.keep.size, ALIGNMENT), end };
  return before.end - before.start > after.end - after.start ? before : after;
}

/** The node of a partition: a `p` comes between a name that ends in a digit and the number. */
export function partitionPath(disk: string, number: number): string {
  return /\d$/.test(disk) ? `${disk}p${number}` : `${disk}${number}`;
}

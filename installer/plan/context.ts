import type { Disk, Hardware } from '../probe/model.ts';
import type { Image, MediumFile } from '../medium/manifest.ts';
import type { Answers } from './answers.ts';
import type { Identity } from './identity.ts';
import { mapping, volumeGroup } from './identity.ts';
import { partitionPath, type PartitionRole, type PlannedPartition } from './layout.ts';
import type { VolumeSizes } from './volumes.ts';

/** The part of the hardware that a plan depends on. It is journalled, so that a plan can be made again. */
export type PlanHardware = Pick<Hardware, 'firmware' | 'pci' | 'keyboards' | 'memoryBytes' | 'cpu'>;

/** Everything that a plan is made of. */
export interface PlanInput {
  readonly answers: Answers;
  readonly disk: Disk;
  readonly hardware: PlanHardware;
  readonly identity: Identity;
  readonly images: readonly Image[];
  /** The other files of the medium. */
  readonly files: readonly MediumFile[];
}

/** The input with what follows from it. */
export interface Context extends PlanInput {
  readonly partitions: readonly PlannedPartition[];
  readonly volumes: VolumeSizes;
  readonly templates: readonly Image[];
}

/** Where the new system is mounted while it is made. */
export const TARGET = '/run/qubeforge/target';

/** The device of a partition. Every plan has one of each role. */
export function partition(context: Context, role: PartitionRole): string {
  const found = context.partitions.find((one) => one.role === role);
  return partitionPath(context.disk.path, found?.number ?? 0);
}

/** The device that LVM lies on. */
export function physicalVolume(context: Context): string {
  if (context.answers.storage.encryption === 'none') return partition(context, 'system');
  return `/dev/mapper/${mapping(context.identity)}`;
}

export function logicalVolume(context: Context, name: string): string {
  return `/dev/${volumeGroup(context.identity)}/${name}`;
}

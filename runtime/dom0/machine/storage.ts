import type { PoolUse } from '../model/observed.ts';
import type { Volume, VolumeId } from '../model/volumes.ts';

/**
 * A pool of volumes. Every change is one step that either happened or did not, also when the power is
 * cut within it. Implementations see no file system of a guest: volumes are opaque bytes.
 */
export interface Storage {
  /** Every volume of ours, and how full the pool is; other volumes in the same pool stay unseen. */
  readonly look: () => Promise<{ readonly volumes: readonly Volume[]; readonly pool: PoolUse }>;
  /** A volume that reads as zeros. */
  readonly create: (volume: VolumeId, bytes: number) => Promise<void>;
  /** A writable copy that shares what it has in common. */
  readonly clone: (from: VolumeId, volume: VolumeId) => Promise<void>;
  readonly grow: (volume: VolumeId, bytes: number) => Promise<void>;
  readonly rename: (volume: VolumeId, to: VolumeId) => Promise<void>;
  /** Frees the space too. */
  readonly remove: (volume: VolumeId) => Promise<void>;
  /** The block devices of volumes, made if need be. */
  readonly open: <T extends readonly VolumeId[]>(volumes: readonly [...T]) => Promise<Devices<T>>;
  /** Gives a device back; no failure when there is none. */
  readonly close: (volume: VolumeId) => Promise<void>;
}

/** A device for each volume. */
export type Devices<T extends readonly VolumeId[]> = { readonly [K in keyof T]: string };

import { GIB, KIB, MIB } from '../../core/bytes.ts';

/**
 * What LVM tells thin_check(8) when it activates a pool. A power cut while a pool is written to may leave blocks in use
 * that nothing refers to. thin_check calls that an error and LVM refuses the pool ("Manual repair required!"), unless
 * this option lets it free them. It is the default of LVM, but not of Debian's build of it.
 */
export const POOL_CHECK = '["-q","--clear-needs-check-flag"]';

/** Sizes of the logical volumes in bytes, all multiples of an extent. */
export interface VolumeSizes {
  readonly swap: number;
  readonly dom0Pool: number;
  readonly dom0Metadata: number;
  /** The root file system; as large as its pool, which so can never be full. */
  readonly root: number;
  readonly qubePool: number;
  readonly qubeMetadata: number;
  /** Bytes of a chunk of the qube pool. */
  readonly qubeChunk: number;
  /** Left free, for pools that grow and for the spare copy of the largest metadata. */
  readonly free: number;
}

export const EXTENT = 4 * MIB;
const LUKS_HEADER = 16 * MIB;
const PV_START = MIB;
const LEAST_METADATA = 256 * MIB;
/** LVM's own limit is 15.81 GiB. */
const MOST_METADATA = 15 * GIB;
const BYTES_PER_CHUNK = 64;
const SMALLEST_CHUNK = 64 * KIB;
const DOM0_CHUNK = 64 * KIB;

/** Divides the system partition of a disk of `diskBytes`. Undefined when there is no room. */
export function planVolumes(systemBytes: number, diskBytes: number): VolumeSizes | undefined {
  const extents = Math.floor((systemBytes - LUKS_HEADER - PV_START) / EXTENT);
  const swap = diskBytes < 64 * GIB ? 2 * GIB : 4 * GIB;
  const dom0Pool = diskBytes < 64 * GIB ? 10 * GIB : diskBytes < 128 * GIB ? 20 * GIB : 40 * GIB;
  const dom0Metadata = metadataFor(dom0Pool, DOM0_CHUNK);
  const rest = extents * EXTENT - swap - dom0Pool - dom0Metadata;
  const wanted = Math.floor((0.9 * rest) / EXTENT) * EXTENT;
  const qubeChunk = chunkFor(wanted);
  const qubeMetadata = metadataFor(wanted, qubeChunk);
  // LVM keeps a spare as large as the largest metadata in the group.
  const spare = Math.max(qubeMetadata, dom0Metadata);
  const qubePool = Math.min(wanted, rest - qubeMetadata - spare);
  if (qubePool < 4 * GIB) return undefined;
  const free = rest - qubePool - qubeMetadata;
  return { swap, dom0Pool, dom0Metadata, root: dom0Pool, qubePool, qubeMetadata, qubeChunk, free };
}

/** Twice what the chunks need, so that snapshots have room, between 256 MiB and 15 GiB. */
function metadataFor(pool: number, chunk: number): number {
  const needed = 2 * Math.ceil(pool / chunk) * BYTES_PER_CHUNK;
  const clamped = Math.min(Math.max(needed, LEAST_METADATA), MOST_METADATA);
  return Math.ceil(clamped / EXTENT) * EXTENT;
}

/** Small chunks make snapshots cheap; a pool too large for its metadata gets larger ones. */
function chunkFor(pool: number): number {
  let chunk = SMALLEST_CHUNK;
  while (2 * Math.ceil(pool / chunk) * BYTES_PER_CHUNK > MOST_METADATA) chunk *= 2;
  return chunk;
}

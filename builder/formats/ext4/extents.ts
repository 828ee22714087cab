import type { RandomAccess } from '../ar.ts';
import { malformed } from '../malformed.ts';
import { readExactly, type Inode, type Superblock } from './layout.ts';

/** A run of a file's blocks on the disk. */
interface Run {
  /** First block within the file. */
  readonly logical: number;
  readonly count: number;
  /** First block on the disk; undefined for blocks that were reserved and never written. */
  readonly physical: number | undefined;
}

const MAGIC = 0xf30a;
const MAX_DEPTH = 5;
/** Longer lengths mark a run that reads as zeros. */
const MAX_WRITTEN = 32768;
const PIECE = 1024 * 1024;

/** The content of a file that has an extent tree, in pieces; holes are zeros. */
export async function* readContent(
  access: RandomAccess,
  superblock: Superblock,
  inode: Inode,
  where: string,
): AsyncGenerator<Buffer> {
  const { blockSize } = superblock;
  let done = 0;
  for await (const run of runs(access, superblock, inode.block, where, 0)) {
    const start = run.logical * blockSize;
    yield* zeros(Math.min(start, inode.size) - done);
    done = Math.max(done, Math.min(start, inode.size));
    const end = Math.min(start + run.count * blockSize, inode.size);
    while (done < end) {
      const length = Math.min(PIECE, end - done);
      if (run.physical === undefined) yield* zeros(length);
      else yield await readExactly(access, run.physical * blockSize + (done - start), length, where);
      done += length;
    }
  }
  yield* zeros(inode.size - done);
}

function* zeros(length: number): Generator<Buffer> {
  for (let left = length; left > 0; left -= PIECE) yield Buffer.alloc(Math.min(left, PIECE));
}

async function* runs(
  access: RandomAccess,
  superblock: Superblock,
  node: Buffer,
  where: string,
  level: number,
): AsyncGenerator<Run> {
  const entries = node.readUInt16LE(2);
  const depth = node.readUInt16LE(6);
  if (node.readUInt16LE(0) !== MAGIC || 12 + entries * 12 > node.length || level > MAX_DEPTH) {
    throw malformed('ext4.extents', 'The extent tree of a file is damaged.', where, {
      expected: 'an extent tree of at most five levels',
      got: `magic 0x${node.readUInt16LE(0).toString(16)}, ${entries} entries, depth ${depth}`,
    });
  }
  for (let index = 0; index < entries; index += 1) {
    const at = 12 + index * 12;
    if (depth > 0) {
      const block = node.readUInt32LE(at + 4) + node.readUInt16LE(at + 8) * 2 ** 32;
      const below = await readExactly(access, block * superblock.blockSize, superblock.blockSize, where);
      yield* runs(access, superblock, below, where, level + 1);
      continue;
    }
    const length = node.readUInt16LE(at + 4);
    const isWritten = length <= MAX_WRITTEN;
    yield {
      logical: node.readUInt32LE(at),
      count: isWritten ? length : length - MAX_WRITTEN,
      physical: isWritten ? node.readUInt32LE(at + 8) + node.readUInt16LE(at + 6) * 2 ** 32 : undefined,
    };
  }
}

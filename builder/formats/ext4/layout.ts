import type { RandomAccess } from '../ar.ts';
import { malformed } from '../malformed.ts';

/**
 * The parts of ext4's disk format that are needed for reading (kernel documentation, "ext4 Data Structures and
 * Algorithms"): superblock, group descriptors, inodes.
 */
export interface Superblock {
  readonly blockSize: number;
  readonly blocks: number;
  readonly inodes: number;
  readonly inodesPerGroup: number;
  readonly inodeSize: number;
  readonly descriptorSize: number;
  /** Block number of the first group descriptor. */
  readonly descriptors: number;
  readonly uuid: string;
}

export interface Inode {
  readonly number: number;
  /** Type and permission bits, as stat(2) gives them. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly links: number;
  readonly flags: number;
  /** The 60 bytes of i_block: an extent tree, a short symlink or a device number. */
  readonly block: Buffer;
  /** Block number of further extended attributes; 0 for none. */
  readonly attributeBlock: number;
  /** What follows the fields in a large inode: its own extended attributes. */
  readonly rest: Buffer;
}

const MAGIC = 0xef53;
/** Features that change what we read: filetype, recover, extents, 64bit, flex_bg, csum_seed, large_dir. */
const KNOWN_INCOMPAT = 0x0002 | 0x0004 | 0x0040 | 0x0080 | 0x0200 | 0x2000 | 0x4000;
const BIT64 = 0x80;

/** Reads the superblock. Throws `ext4.*` for what is no ext4 file system, or one with features we do not read. */
export async function readSuperblock(access: RandomAccess, where: string): Promise<Superblock> {
  const bytes = await readExactly(access, 1024, 1024, where);
  if (bytes.readUInt16LE(0x38) !== MAGIC) {
    throw malformed('ext4.magic', 'This is no ext4 file system.', where, {
      expected: `0x${MAGIC.toString(16)}`,
      got: `0x${bytes.readUInt16LE(0x38).toString(16)}`,
    });
  }
  const incompat = bytes.readUInt32LE(0x60);
  const blockSize = 1024 << bytes.readUInt32LE(0x18);
  const is64 = (incompat & BIT64) !== 0;
  const superblock: Superblock = {
    blockSize,
    blocks: bytes.readUInt32LE(0x04) + (is64 ? bytes.readUInt32LE(0x150) * 2 ** 32 : 0),
    inodes: bytes.readUInt32LE(0x00),
    inodesPerGroup: bytes.readUInt32LE(0x28),
    inodeSize: bytes.readUInt16LE(0x58),
    descriptorSize: is64 ? bytes.readUInt16LE(0xfe) : 32,
    descriptors: bytes.readUInt32LE(0x14) + 1,
    uuid: bytes.toString('hex', 0x68, 0x78),
  };
  const isSound =
    bytes.readUInt32LE(0x18) <= 6 &&
    superblock.inodesPerGroup > 0 &&
    superblock.inodeSize >= 128 &&
    superblock.inodeSize <= blockSize &&
    superblock.descriptorSize >= 32;
  if ((incompat & ~KNOWN_INCOMPAT) !== 0 || !isSound) {
    throw malformed('ext4.features', 'This file system has features that are not read here.', where, {
      expected: `features within 0x${KNOWN_INCOMPAT.toString(16)}`,
      got: `0x${incompat.toString(16)}`,
    });
  }
  return superblock;
}

/** Reads an inode by its number (from 1). Throws `ext4.inode` for a number that there is not. */
export async function readInode(
  access: RandomAccess,
  { blockSize, inodes, inodesPerGroup, inodeSize, descriptorSize, descriptors }: Superblock,
  number: number,
  where: string,
): Promise<Inode> {
  if (number < 1 || number > inodes) {
    throw malformed('ext4.inode', 'The file system names an inode that it does not have.', where, {
      expected: `1 to ${inodes}`,
      got: String(number),
    });
  }
  const group = Math.floor((number - 1) / inodesPerGroup);
  const at = descriptors * blockSize + group * descriptorSize;
  const descriptor = await readExactly(access, at, descriptorSize, where);
  const high = descriptorSize >= 64 ? descriptor.readUInt32LE(0x28) : 0;
  const table = descriptor.readUInt32LE(0x08) + high * 2 ** 32;
  const offset = table * blockSize + ((number - 1) % inodesPerGroup) * inodeSize;
  return parseInode(number, await readExactly(access, offset, inodeSize, where));
}

function parseInode(number: number, bytes: Buffer): Inode {
  const extra = bytes.length > 128 ? bytes.readUInt16LE(0x80) : 0;
  const epoch = extra >= 12 ? bytes.readUInt32LE(0x88) & 3 : 0;
  return {
    number,
    mode: bytes.readUInt16LE(0x00),
    uid: bytes.readUInt16LE(0x02) + bytes.readUInt16LE(0x78) * 0x10000,
    gid: bytes.readUInt16LE(0x18) + bytes.readUInt16LE(0x7a) * 0x10000,
    size: bytes.readUInt32LE(0x04) + bytes.readUInt32LE(0x6c) * 2 ** 32,
    mtime: bytes.readInt32LE(0x10) + epoch * 2 ** 32,
    links: bytes.readUInt16LE(0x1a),
    flags: bytes.readUInt32LE(0x20),
    block: bytes.subarray(0x28, 0x64),
    attributeBlock: bytes.readUInt32LE(0x68) + bytes.readUInt16LE(0x76) * 2 ** 32,
    rest: bytes.length > 128 ? bytes.subarray(Math.min(128 + extra, bytes.length)) : Buffer.alloc(0),
  };
}

/** Reads `length` bytes at `offset`. Throws `ext4.truncated` when the file ends before. */
export async function readExactly(
  access: RandomAccess,
  offset: number,
  length: number,
  where: string,
): Promise<Buffer> {
  const end = offset + length;
  const bytes = end <= access.size ? Buffer.from(await access.read(offset, length)) : undefined;
  if (bytes?.length === length) return bytes;
  throw malformed('ext4.truncated', 'The file system ends too early.', where, {
    expected: `${end} bytes`,
    got: `${access.size} bytes`,
  });
}

/**
 * As much of squashfs 4.0 (Linux, Documentation/filesystems/squashfs.rst and fs/squashfs/squashfs_fs.h) as is needed
 * to read a file system of one file, compressed with zstd, from its beginning to its end: each block of the file is
 * a zstd frame, so together they are a zstd file once holes and uncompressed blocks have frames of their own.
 */
import { malformed } from './malformed.ts';
import { storedFrame, zeroFrame } from './zstd-frames.ts';

export const SUPERBLOCK_SIZE = 96;
const MAGIC = 0x73717368;
const ZSTD = 6;
const METADATA_BLOCK = 8192;
const UNCOMPRESSED_METADATA = 1 << 15;
const UNCOMPRESSED_DATA = 1 << 24;
const NO_FRAGMENT = 0xffffffff;
const INODE_HEADER = 16;
/** Types of inodes, and how long they are: of a directory without an index, and of a file before its list of blocks. */
const DIRECTORY = { 1: 32, 8: 40 } as const;
const FILE = { 2: 32, 9: 56 } as const;

/** Bytes of an archive: where they begin, and where they end. */
export interface Region {
  readonly start: number;
  readonly end: number;
}

/** What is needed of the superblock. */
export interface Superblock {
  /** Bytes of the file in a block. */
  readonly blockSize: number;
  readonly inodeTable: Region;
}

/** Reads a superblock. `where`: the archive, for messages. Throws an `AppError` (verification). */
export function parseSuperblock(bytes: Buffer, where: string): Superblock {
  const refuse = refuser(where);
  if (bytes.length < SUPERBLOCK_SIZE || bytes.readUInt32LE(0) !== MAGIC) throw refuse('no squashfs');
  const version = `${bytes.readUInt16LE(28)}.${bytes.readUInt16LE(30)}`;
  if (version !== '4.0') throw refuse(`version ${version}`);
  if (bytes.readUInt16LE(20) !== ZSTD) throw refuse(`compressor ${bytes.readUInt16LE(20)}`);
  const inodes = bytes.readUInt32LE(4);
  if (inodes !== 2) throw refuse(`${inodes} inodes`);
  const [blockSize, log] = [bytes.readUInt32LE(12), bytes.readUInt16LE(22)];
  if (log < 12 || log > 20 || blockSize !== 2 ** log) throw refuse(`blocks of ${blockSize} bytes`);
  const inodeTable = {
    start: Number(bytes.readBigUInt64LE(64)),
    end: Number(bytes.readBigUInt64LE(72)),
  };
  if (inodeTable.start < SUPERBLOCK_SIZE || inodeTable.end <= inodeTable.start)
    throw refuse(`an inode table from ${inodeTable.start} to ${inodeTable.end}`);
  return { blockSize, inodeTable };
}

/** The metadata blocks of an inode table as a zstd file, which unpacks to the inodes. Throws an `AppError`. */
export function inodesAsZstd(table: Buffer, where: string): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < table.length;) {
    const header = at + 2 <= table.length ? table.readUInt16LE(at) : 0;
    const size = header & (UNCOMPRESSED_METADATA - 1);
    const block = table.subarray(at + 2, at + 2 + size);
    if (size === 0 || size > METADATA_BLOCK || block.length !== size)
      throw refuser(where)(`a metadata block of ${size} bytes at ${at}`);
    if ((header & UNCOMPRESSED_METADATA) === 0) pieces.push(block);
    else pieces.push(...filled(storedFrame(size), block));
    at += 2 + size;
  }
  return Buffer.concat(pieces);
}

function filled(frame: readonly (Buffer | number)[], bytes: Buffer): Buffer[] {
  let at = 0;
  return frame.map((piece) => (typeof piece === 'number' ? bytes.subarray(at, (at += piece)) : piece));
}

/** The one file: its size, and how its bytes are made of those of the archive. */
export interface SquashedFile {
  readonly size: number;
  /** Where its blocks are. */
  readonly data: Region;
  /** A zstd file that unpacks to it: what to put in, and how many bytes of `data` to pass on (a number). */
  readonly zstd: readonly (Buffer | number)[];
}

/** Finds the file in the unpacked inodes. Throws an `AppError` (verification). */
export function parseSquashedFile(
  inodes: Buffer,
  { blockSize, inodeTable }: Superblock,
  where: string,
): SquashedFile {
  const refuse = refuser(where);
  const at = fileInode(inodes, refuse);
  const { start, size, fragment, list } = fileFields(inodes, at);
  if (fragment !== NO_FRAGMENT) throw refuse('a file whose end is in a fragment');
  const count = Math.ceil(size / blockSize);
  if (list + 4 * count > inodes.length) throw refuse(`a file of ${size} bytes with too few blocks`);
  const zstd: (Buffer | number)[] = [];
  let [end, hole] = [start, 0];
  const endHole = (): void => {
    if (hole > 0) zstd.push(zeroFrame(hole));
    hole = 0;
  };
  for (let block = 0; block < count; block++) {
    const word = inodes.readUInt32LE(list + 4 * block);
    const length = Math.min(blockSize, size - block * blockSize);
    const stored = word & (UNCOMPRESSED_DATA - 1);
    const compressed = (word & UNCOMPRESSED_DATA) === 0;
    if (stored > blockSize || (!compressed && stored !== length))
      throw refuse(`a block of ${stored} bytes for ${length}`);
    if (stored === 0) {
      hole += length;
      continue;
    }
    endHole();
    zstd.push(...(compressed ? [stored] : storedFrame(stored)));
    end += stored;
  }
  endHole();
  if (start < SUPERBLOCK_SIZE || end > inodeTable.start) throw refuse(`blocks from ${start} to ${end}`);
  return { size, data: { start, end }, zstd };
}

/** Where the inode of the file begins: it stands before or after that of the one directory. */
function fileInode(inodes: Buffer, refuse: (got: string) => Error): number {
  const type = (at: number): number => (at + INODE_HEADER <= inodes.length ? inodes.readUInt16LE(at) : -1);
  const skipped: number = (DIRECTORY as Record<number, number>)[type(0)] ?? 0;
  const length = (FILE as Record<number, number>)[type(skipped)];
  if (length === undefined || skipped + length > inodes.length)
    throw refuse(`an inode of type ${type(skipped)}`);
  return skipped;
}

function fileFields(
  inodes: Buffer,
  at: number,
): { start: number; size: number; fragment: number; list: number } {
  if (inodes.readUInt16LE(at) === 2) {
    return {
      start: inodes.readUInt32LE(at + 16),
      fragment: inodes.readUInt32LE(at + 20),
      size: inodes.readUInt32LE(at + 28),
      list: at + FILE[2],
    };
  }
  return {
    start: Number(inodes.readBigUInt64LE(at + 16)),
    size: Number(inodes.readBigUInt64LE(at + 24)),
    fragment: inodes.readUInt32LE(at + 44),
    list: at + FILE[9],
  };
}

function refuser(where: string): (got: string) => Error {
  return (got) =>
    malformed('squashfs.layout', 'The squashfs is not one that holds a single file as zstd', where, {
      expected: 'squashfs 4.0 with one directory and one file without fragment, compressed with zstd',
      got,
    });
}

import { storedFrame } from '../../builder/formats/zstd-frames.ts';

/** A block of a file: zeros that are not there, bytes as they are, or bytes in a zstd frame. */
export interface TestBlock {
  readonly form: 'hole' | 'plain' | 'frame';
  /** Of the bytes, each the same. */
  readonly fill: number;
}

export interface TestSquashfs {
  readonly bytes: Buffer;
  readonly content: Buffer;
}

/**
 * A squashfs 4.0 of one file as mksquashfs lays it out, as far as it is read again: frames hold their bytes stored.
 * `short`: bytes that the last block lacks. `options`: bytes that stand before the blocks, as compressor options do.
 */
export function squashfsOf(
  blocks: readonly TestBlock[],
  { blockSize = 4096, short = 0, options = 0, compressTable = true, extended = true } = {},
): TestSquashfs {
  const parts = blocks.map(({ form, fill }, index) => {
    const length = index === blocks.length - 1 ? blockSize - short : blockSize;
    const content = Buffer.alloc(length, form === 'hole' ? 0 : fill);
    if (form === 'hole') return { content, stored: Buffer.alloc(0), word: 0 };
    const stored = form === 'plain' ? content : framed(content);
    return { content, stored, word: stored.length | (form === 'plain' ? 1 << 24 : 0) };
  });
  const content = Buffer.concat(parts.map((part) => part.content));
  const data = Buffer.concat([Buffer.alloc(options, 1), ...parts.map((part) => part.stored)]);
  const inodes = Buffer.concat([
    fileInode(96 + options, content.length, extended),
    ...parts.map(({ word }) => u32(word)),
    directoryInode(),
  ]);
  const table = metadata(inodes, compressTable);
  const tail = Buffer.alloc(100, 7);
  const head = superblock(blockSize, 96 + data.length, 96 + data.length + table.length);
  return { bytes: Buffer.concat([head, data, table, tail]), content };
}

function framed(content: Buffer): Buffer {
  let at = 0;
  return Buffer.concat(
    storedFrame(content.length).map((piece) =>
      typeof piece === 'number' ? content.subarray(at, (at += piece)) : piece,
    ),
  );
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function fileInode(start: number, size: number, extended: boolean): Buffer {
  const inode = Buffer.alloc(extended ? 56 : 32);
  inode.writeUInt16LE(extended ? 9 : 2, 0);
  if (extended) {
    inode.writeBigUInt64LE(BigInt(start), 16);
    inode.writeBigUInt64LE(BigInt(size), 24);
  } else {
    inode.writeUInt32LE(start, 16);
    inode.writeUInt32LE(size, 28);
  }
  inode.writeUInt32LE(0xffffffff, extended ? 44 : 20);
  return inode;
}

function directoryInode(): Buffer {
  const inode = Buffer.alloc(32);
  inode.writeUInt16LE(1, 0);
  return inode;
}

/** Metadata blocks (8 KiB each) with their headers; a frame that became longer than its bytes is not used. */
function metadata(bytes: Buffer, compress: boolean): Buffer {
  const blocks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 8192) {
    const plain = bytes.subarray(at, at + 8192);
    const frame = framed(plain);
    const useFrame = compress && frame.length <= 8192;
    const block = useFrame ? frame : plain;
    const header = Buffer.alloc(2);
    header.writeUInt16LE(block.length | (useFrame ? 0 : 1 << 15));
    blocks.push(header, block);
  }
  return Buffer.concat(blocks);
}

function superblock(blockSize: number, inodeTable: number, directoryTable: number): Buffer {
  const head = Buffer.alloc(96);
  head.writeUInt32LE(0x73717368, 0);
  head.writeUInt32LE(2, 4);
  head.writeUInt32LE(blockSize, 12);
  head.writeUInt16LE(6, 20);
  head.writeUInt16LE(Math.log2(blockSize), 22);
  head.writeUInt16LE(4, 28);
  head.writeBigUInt64LE(BigInt(inodeTable), 64);
  head.writeBigUInt64LE(BigInt(directoryTable), 72);
  return head;
}

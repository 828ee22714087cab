/** RFC 8878 §3.1.1.2.4: what a block may hold when the window is not smaller. */
const BLOCK = 128 * 1024;
/** A window of 2^17 bytes: exponent 7 above 2^10, in the upper five bits. */
const WINDOW_DESCRIPTOR = 7 << 3;
/** Content size in 8 bytes; no single segment, checksum or dictionary. */
const FRAME_DESCRIPTOR = 3 << 6;
const FRAME_HEADER = 14;
const RAW = 0;
const RLE = 1;

/** The zstd frame (RFC 8878) of so many zero bytes, at least one: written without having them. */
export function zeroFrame(size: number): Buffer {
  const zero = Buffer.alloc(1);
  return Buffer.concat([
    frameHeader(size),
    ...blocksOf(size).flatMap(({ length, last }) => [blockHeader(RLE, length, last), zero]),
  ]);
}

/** A frame of so many bytes, at least one, as they are: what stands around them, and how many stand there (a number). */
export function storedFrame(size: number): (Buffer | number)[] {
  return [
    frameHeader(size),
    ...blocksOf(size).flatMap(({ length, last }) => [blockHeader(RAW, length, last), length]),
  ];
}

function frameHeader(size: number): Buffer {
  const header = Buffer.alloc(FRAME_HEADER);
  header.writeUInt32LE(0xfd2fb528, 0);
  header.writeUInt8(FRAME_DESCRIPTOR, 4);
  header.writeUInt8(WINDOW_DESCRIPTOR, 5);
  header.writeBigUInt64LE(BigInt(size), 6);
  return header;
}

function blocksOf(size: number): { length: number; last: boolean }[] {
  const count = Math.ceil(size / BLOCK);
  return Array.from({ length: count }, (_, index) => {
    const last = index === count - 1;
    return { length: last ? size - index * BLOCK : BLOCK, last };
  });
}

function blockHeader(type: number, length: number, last: boolean): Buffer {
  const header = Buffer.alloc(3);
  header.writeUIntLE((length << 3) | (type << 1) | Number(last), 0, 3);
  return header;
}

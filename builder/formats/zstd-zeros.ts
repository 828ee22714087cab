/** RFC 8878 §3.1.1.2.4: what a block may hold when the window is not smaller. */
const BLOCK = 128 * 1024;
/** A window of 2^17 bytes: exponent 7 above 2^10, in the upper five bits. */
const WINDOW_DESCRIPTOR = 7 << 3;
/** Content size in 8 bytes; no single segment, checksum or dictionary. */
const FRAME_DESCRIPTOR = 3 << 6;
const RLE = 1;

/** The zstd frame (RFC 8878) of so many zero bytes, at least one: written without having them. */
export function zeroFrame(size: number): Buffer {
  const blocks = Math.ceil(size / BLOCK);
  const frame = Buffer.alloc(14 + 4 * blocks);
  frame.writeUInt32LE(0xfd2fb528, 0);
  frame.writeUInt8(FRAME_DESCRIPTOR, 4);
  frame.writeUInt8(WINDOW_DESCRIPTOR, 5);
  frame.writeBigUInt64LE(BigInt(size), 6);
  for (let block = 0; block < blocks; block++) {
    const last = block === blocks - 1;
    const length = last ? size - block * BLOCK : BLOCK;
    frame.writeUIntLE((length << 3) | (RLE << 1) | Number(last), 14 + 4 * block, 3);
  }
  return frame;
}

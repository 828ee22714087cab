import { crc32 } from 'node:zlib';

/**
 * An xz stream (the .xz file format, version 1.2.1) that holds `data` in LZMA2 chunks without compression: Node
 * has no encoder.
 */
export function storedXz(data: Buffer): Buffer {
  const flags = Buffer.from([0, 1]);
  const header = withCrc(Buffer.from([2, 0, 0x21, 1, 22, 0, 0, 0]));
  const chunks: Buffer[] = [];
  for (let at = 0; at < data.length; at += 0x10000) {
    const piece = data.subarray(at, at + 0x10000);
    const head = Buffer.from([at === 0 ? 1 : 2, 0, 0]);
    head.writeUInt16BE(piece.length - 1, 1);
    chunks.push(head, piece);
  }
  const packed = Buffer.concat([...chunks, Buffer.from([0])]);
  const unpadded = header.length + packed.length + 4;
  const index = withCrc(padded(Buffer.from([0, 1, ...varint(unpadded), ...varint(data.length)])));
  const backward = Buffer.alloc(6);
  backward.writeUInt32LE(index.length / 4 - 1);
  flags.copy(backward, 4);
  return Buffer.concat([
    Buffer.from('fd377a585a00', 'hex'),
    withCrc(flags),
    header,
    padded(packed),
    checksum(data),
    index,
    checksum(backward),
    backward,
    Buffer.from('YZ'),
  ]);
}

function withCrc(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, checksum(bytes)]);
}

function checksum(bytes: Buffer): Buffer {
  const out = Buffer.alloc(4);
  out.writeUInt32LE(crc32(bytes));
  return out;
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

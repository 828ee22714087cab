import { malformed } from '../malformed.ts';

const MAGIC = 0xea020000;
const BLOCK_HEADER = 32;
const ENTRY = 16;

/** What the number before a name stands for. */
const PREFIXES: Readonly<Record<number, string>> = {
  0: '',
  1: 'user.',
  2: 'system.posix_acl_access',
  3: 'system.posix_acl_default',
  4: 'trusted.',
  6: 'security.',
  7: 'system.',
};

/** Extended attributes that lie in an inode behind its fields. */
export function inodeAttributes(rest: Buffer, where: string): [string, Buffer][] {
  if (rest.length < 4 || rest.readUInt32LE(0) !== MAGIC) return [];
  return readEntries(rest, 4, 4, where);
}

/** Extended attributes in a block of their own. */
export function blockAttributes(block: Buffer, where: string): [string, Buffer][] {
  if (block.readUInt32LE(0) !== MAGIC) throw damaged(where);
  return readEntries(block, BLOCK_HEADER, 0, where);
}

function readEntries(bytes: Buffer, first: number, base: number, where: string): [string, Buffer][] {
  const found: [string, Buffer][] = [];
  for (let at = first; at + 4 <= bytes.length && bytes.readUInt32LE(at) !== 0;) {
    if (at + ENTRY > bytes.length) throw damaged(where);
    const nameLength = bytes.readUInt8(at);
    const prefix = PREFIXES[bytes.readUInt8(at + 1)];
    const start = base + bytes.readUInt16LE(at + 2);
    const end = start + bytes.readUInt32LE(at + 8);
    const isElsewhere = bytes.readUInt32LE(at + 4) !== 0;
    if (prefix === undefined || isElsewhere || end > bytes.length) throw damaged(where);
    const name = bytes.toString('utf8', at + ENTRY, at + ENTRY + nameLength);
    found.push([prefix + name, Buffer.from(bytes.subarray(start, end))]);
    at += ENTRY + Math.ceil(nameLength / 4) * 4;
  }
  return found;
}

function damaged(where: string): Error {
  return malformed('ext4.xattr', 'The extended attributes of a file are damaged.', where, {
    expected: 'entries within their block, of kinds that are known',
    got: 'something else',
  });
}

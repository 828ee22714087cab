import type { RandomAccess } from '../ar.ts';
import { malformed } from '../malformed.ts';
import { readContent } from './extents.ts';
import { readExactly, readInode, readSuperblock, type Inode, type Superblock } from './layout.ts';
import { blockAttributes, inodeAttributes } from './xattrs.ts';

export type { Inode } from './layout.ts';

export type Ext4FileType = 'file' | 'directory' | 'symlink' | 'char' | 'block' | 'fifo' | 'socket';

const ROOT = 2;
const EXTENTS = 0x80000;
const INLINE = 0x10000000;
const MAX_LINKS = 40;

const TYPES: Readonly<Record<number, Ext4FileType>> = {
  0x1000: 'fifo',
  0x2000: 'char',
  0x4000: 'directory',
  0x6000: 'block',
  0x8000: 'file',
  0xa000: 'symlink',
  0xc000: 'socket',
};

/**
 * An ext4 file system that is read and never mounted.
 *
 * ```ts
 * const image = await Ext4.open(access, 'root.img');
 * const found = await image.lookup('/usr/bin/env');          // follows symlinks
 * for await (const piece of image.content(found.inode)) …
 * ```
 *
 * Every failure is an `AppError` (`ext4.*`): the image is untrusted.
 */
export class Ext4 {
  readonly #access: RandomAccess;
  readonly #superblock: Superblock;
  readonly #where: string;

  private constructor(access: RandomAccess, superblock: Superblock, where: string) {
    this.#access = access;
    this.#superblock = superblock;
    this.#where = where;
  }

  static async open(access: RandomAccess, where: string): Promise<Ext4> {
    return new Ext4(access, await readSuperblock(access, where), where);
  }

  root(): Promise<Inode> {
    return this.inode(ROOT);
  }

  inode(number: number): Promise<Inode> {
    return readInode(this.#access, this.#superblock, number, this.#where);
  }

  typeOf(inode: Inode): Ext4FileType {
    const type = TYPES[inode.mode & 0xf000];
    if (type !== undefined) return type;
    throw this.#damaged(inode, 'a known type of file', `mode 0x${inode.mode.toString(16)}`);
  }

  /** The bytes of a file or directory. */
  async *content(inode: Inode): AsyncGenerator<Buffer> {
    if (inode.size === 0) return;
    if ((inode.flags & EXTENTS) === 0 || (inode.flags & INLINE) !== 0) {
      throw this.#damaged(inode, 'an extent tree', `flags 0x${inode.flags.toString(16)}`);
    }
    yield* readContent(this.#access, this.#superblock, inode, `${this.#where}: inode ${inode.number}`);
  }

  /** Names and inode numbers of a directory, sorted by name, without `.` and `..`. */
  async entries(directory: Inode): Promise<[string, number][]> {
    const found: [string, number][] = [];
    const { blockSize } = this.#superblock;
    for await (const piece of this.content(directory)) {
      for (let block = 0; block < piece.length; block += blockSize) {
        found.push(...this.#blockEntries(directory, piece.subarray(block, block + blockSize)));
      }
    }
    return found.sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** Where a symlink points. */
  async target(inode: Inode): Promise<string> {
    if (inode.size < inode.block.length && (inode.flags & EXTENTS) === 0)
      return inode.block.toString('utf8', 0, inode.size);
    const pieces: Buffer[] = [];
    for await (const piece of this.content(inode)) pieces.push(piece);
    return Buffer.concat(pieces).toString('utf8');
  }

  /** Major and minor number of a device (makedev(3)). */
  device({ block }: Inode): { readonly major: number; readonly minor: number } {
    const [old, wide] = [block.readUInt32LE(0), block.readUInt32LE(4)];
    if (old !== 0) return { major: (old >> 8) & 0xff, minor: old & 0xff };
    return { major: (wide >>> 8) & 0xfff, minor: (wide & 0xff) | ((wide >>> 12) & 0xfff00) };
  }

  async attributes(inode: Inode): Promise<[string, Buffer][]> {
    const where = `${this.#where}: inode ${inode.number}`;
    const own = inodeAttributes(inode.rest, where);
    if (inode.attributeBlock === 0) return own;
    const { blockSize } = this.#superblock;
    const block = await readExactly(this.#access, inode.attributeBlock * blockSize, blockSize, where);
    return [...own, ...blockAttributes(block, where)];
  }

  /**
   * The file at a path, symlinks on the way and at its end followed within the image; undefined when there is
   * none. `path` of the answer has no symlinks, and no slash in front.
   */
  async lookup(path: string): Promise<{ readonly path: string; readonly inode: Inode } | undefined> {
    return await this.#walk([], path.split('/'), MAX_LINKS);
  }

  async #walk(
    from: readonly string[],
    parts: readonly string[],
    links: number,
  ): Promise<{ readonly path: string; readonly inode: Inode } | undefined> {
    const place = [...from];
    let inode = await this.#inodeAt(place);
    for (const [index, part] of parts.entries()) {
      if (part === '' || part === '.') continue;
      if (part === '..') {
        place.pop();
        inode = await this.#inodeAt(place);
        continue;
      }
      if (this.typeOf(inode) !== 'directory') return undefined;
      const number = (await this.entries(inode)).find(([name]) => name === part)?.[1];
      if (number === undefined) return undefined;
      inode = await this.inode(number);
      if (this.typeOf(inode) === 'symlink') {
        if (links === 0) return undefined;
        const target = await this.target(inode);
        const start = target.startsWith('/') ? [] : place;
        return await this.#walk(start, [...target.split('/'), ...parts.slice(index + 1)], links - 1);
      }
      place.push(part);
    }
    return { path: place.join('/'), inode };
  }

  /** Of a place without symlinks. */
  async #inodeAt(place: readonly string[]): Promise<Inode> {
    let inode = await this.root();
    for (const part of place) {
      const number = (await this.entries(inode)).find(([name]) => name === part)?.[1];
      inode = await this.inode(number ?? ROOT);
    }
    return inode;
  }

  #blockEntries(directory: Inode, block: Buffer): [string, number][] {
    const found: [string, number][] = [];
    for (let at = 0; at + 8 <= block.length;) {
      const number = block.readUInt32LE(at);
      const length = block.readUInt16LE(at + 4);
      const nameLength = block.readUInt8(at + 6);
      if (length < 8 || at + length > block.length || nameLength + 8 > length) {
        throw this.#damaged(directory, 'a directory entry within its block', `${length} bytes at ${at}`);
      }
      const name = block.toString('utf8', at + 8, at + 8 + nameLength);
      // Inode 0 marks free space, nodes of the hash tree and the checksum at the end.
      if (number !== 0 && name !== '.' && name !== '..') found.push([name, number]);
      at += length;
    }
    return found;
  }

  #damaged(inode: Inode, expected: string, got: string): Error {
    const where = `${this.#where}: inode ${inode.number}`;
    return malformed('ext4.inode', 'A file of the file system cannot be read.', where, { expected, got });
  }
}

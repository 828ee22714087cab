import type { Hash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { decompress } from 'fzstd';
import { MIB } from '../core/bytes.ts';
import {
  inodesAsZstd,
  parseSquashedFile,
  parseSuperblock,
  SUPERBLOCK_SIZE,
  type Region,
  type SquashedFile,
} from '../builder/formats/squashfs.ts';
import { chunksOf } from './chunks.ts';

/** Bytes. The inode of an image of 64 GiB in blocks of 256 KiB is as large. */
const LARGEST_INODE = MIB;

/** Bytes that were read before the pass over the file, to be found there again. */
interface Known {
  readonly at: number;
  readonly bytes: Buffer;
}

/**
 * The one file of a squashfs as a zstd file, in one pass over the squashfs that hashes all of it. Throws an `Error`
 * when it has another form, or gives other bytes than before.
 */
export async function* fromSquashfs(path: string, hash: Hash): AsyncGenerator<Buffer> {
  const { file, index } = await readIndex(path);
  const pieces = new Pieces(file);
  let at = 0;
  for await (const chunk of chunksOf(path)) {
    hash.update(chunk);
    if (index.some((known) => !agrees(chunk, at, known))) throw new Error('two readings of its index differ');
    yield* pieces.take(chunk.subarray(...within(file.data, at, chunk.length)));
    at += chunk.length;
  }
  yield* pieces.take(Buffer.alloc(0));
}

async function readIndex(path: string): Promise<{ file: SquashedFile; index: Known[] }> {
  await using archive = await open(path);
  const head = await read(archive, { start: 0, end: SUPERBLOCK_SIZE });
  const superblock = parseSuperblock(head, path);
  const { start, end } = superblock.inodeTable;
  const table = await read(archive, { start, end: Math.min(end, start + LARGEST_INODE) });
  const inodes = Buffer.from(decompress(inodesAsZstd(table, path)));
  const index = [
    { at: 0, bytes: head },
    { at: start, bytes: table },
  ];
  return { file: parseSquashedFile(inodes, superblock, path), index };
}

async function read(file: FileHandle, { start, end }: Region): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
  return buffer.subarray(0, bytesRead);
}

/** The part of a chunk at `at` that lies in a region, as arguments of `subarray`. */
function within({ start, end }: Region, at: number, length: number): [number, number] {
  const inside = (place: number): number => Math.min(Math.max(place - at, 0), length);
  return [inside(start), inside(end)];
}

/** Whether a chunk at `at` has what is known of its bytes. */
function agrees(chunk: Buffer, at: number, known: Known): boolean {
  const [start, end] = within({ start: known.at, end: known.at + known.bytes.length }, at, chunk.length);
  const from = at + start - known.at;
  return chunk.subarray(start, end).equals(known.bytes.subarray(from, from + end - start));
}

/** Puts what the file has besides the bytes of the archive between these. */
class Pieces {
  readonly #pieces: readonly (Buffer | number)[];
  #next = 0;
  /** Bytes that are to be passed on before the next piece. */
  #left = 0;

  constructor({ zstd }: SquashedFile) {
    this.#pieces = zstd;
  }

  /** Passes bytes on, and all that follows them before more bytes are needed. */
  *take(bytes: Buffer): Generator<Buffer> {
    let at = 0;
    for (;;) {
      const passed = Math.min(this.#left, bytes.length - at);
      if (passed > 0) yield bytes.subarray(at, at + passed);
      at += passed;
      this.#left -= passed;
      const piece = this.#pieces[this.#next];
      if (this.#left > 0 || piece === undefined) return;
      this.#next += 1;
      if (typeof piece === 'number') this.#left = piece;
      else yield piece;
    }
  }
}

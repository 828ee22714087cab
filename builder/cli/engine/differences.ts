import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { compareTrees, describeDifference, readTree, type Tree } from '../../report/tree.ts';
import type { Session } from './session.ts';

const LISTED = 50;
const CHUNK = 1024 * 1024;

/** In what two files differ: the paths inside where they hold a tree, else the first byte. */
export async function describeFileDifference(
  session: Session,
  name: string,
  first: string,
  second: string,
): Promise<string[]> {
  const trees = [await treeOf(session, name, first), await treeOf(session, name, second)];
  const [a, b] = trees;
  const differences = a === undefined || b === undefined ? [] : compareTrees(a, b);
  if (differences.length === 0)
    return [`${name}: differs from byte ${await firstDifference(first, second)} on`];
  const lines = differences.slice(0, LISTED).map((one) => `${name}: ${describeDifference(one)}`);
  const more = differences.length - lines.length;
  return more > 0 ? [...lines, `${name}: and ${more} more`] : lines;
}

/** The tree that a file holds, by the ending of its name; undefined for a file that holds none. */
export async function treeOf(_session: Session, name: string, path: string): Promise<Tree | undefined> {
  if (name.endsWith('.tar')) return await readTree(createReadStream(path, { highWaterMark: CHUNK }), name);
  return undefined;
}

/** Offset of the first byte in which two files differ. */
async function firstDifference(first: string, second: string): Promise<number> {
  const [a, b] = await Promise.all([open(first), open(second)]);
  try {
    const buffers = [Buffer.alloc(CHUNK), Buffer.alloc(CHUNK)] as const;
    for (let at = 0; ; at += CHUNK) {
      const [left, right] = await Promise.all([
        a.read(buffers[0], 0, CHUNK, at),
        b.read(buffers[1], 0, CHUNK, at),
      ]);
      const length = Math.min(left.bytesRead, right.bytesRead);
      for (let index = 0; index < length; index += 1) {
        if (buffers[0][index] !== buffers[1][index]) return at + index;
      }
      if (length < CHUNK) return at + length;
    }
  } finally {
    await Promise.all([a.close(), b.close()]);
  }
}

import { open } from 'node:fs/promises';
import { compareTrees, describeDifference, type Tree } from '../../report/tree.ts';
import type { Session } from './session.ts';
import { holdsTree, treeInFile } from './snapshots.ts';

const LISTED = 50;
const CHUNK = 1024 * 1024;

/** In what two files differ: the paths inside where they hold a tree, else the first byte. */
export async function describeFileDifference(
  session: Session,
  { name, toolbox }: { readonly name: string; readonly toolbox: string },
  first: string,
  second: string,
): Promise<string[]> {
  const treeOf = (path: string): Promise<Tree> => treeInFile(session, { path, toolbox, name });
  const differences = holdsTree(name) ? compareTrees(await treeOf(first), await treeOf(second)) : [];
  if (differences.length === 0)
    return [`${name}: differs from byte ${await firstDifference(first, second)} on`];
  const lines = differences.slice(0, LISTED).map((one) => `${name}: ${describeDifference(one)}`);
  const more = differences.length - lines.length;
  return more > 0 ? [...lines, `${name}: and ${more} more`] : lines;
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

import { createReadStream } from 'node:fs';
import { basename, join } from 'node:path';
import { AppError } from '../../../core/errors.ts';
import { openRandomAccess } from '../../../edge/random-access.ts';
import { resultOf } from '../../graph/execute.ts';
import { Ext4 } from '../../formats/ext4/reader.ts';
import { readExt4Tree } from '../../report/ext4-tree.ts';
import { readTree, type Captured, type Tree } from '../../report/tree.ts';
import { lockRecipes, runNodes } from './build.ts';
import { toolboxNode } from './plan.ts';
import type { Session } from './session.ts';

const CHUNK = 1024 * 1024;

/** Endings of the names of files that hold a tree of files. */
const TREES = ['.tar', '.img', '.img.zst'];

/** Whether a file holds a tree, by its name. */
export function holdsTree(name: string): boolean {
  return TREES.some((ending) => name.endsWith(ending));
}

/**
 * The tree in a tar or in an ext4 image, perhaps compressed, and the files of it that `captured` wants. The image
 * is read, never mounted. `toolbox` names the recipe whose zstd decompresses it. Throws `image.no-tree` for
 * other files.
 */
export async function treeInFile(
  session: Session,
  file: { readonly path: string; readonly toolbox: string; readonly name?: string },
  captured?: Captured,
): Promise<Tree> {
  const name = file.name ?? basename(file.path);
  if (name.endsWith('.tar')) {
    return await readTree(createReadStream(file.path, { highWaterMark: CHUNK }), name, captured);
  }
  if (name.endsWith('.img')) return await treeInImage(file.path, name, captured);
  if (!name.endsWith('.img.zst')) throw noTree(name);
  await using work = await session.ports.scratch();
  await decompress(session, file, work.path);
  return await treeInImage(join(work.path, 'image'), name, captured);
}

async function treeInImage(path: string, name: string, captured: Captured | undefined): Promise<Tree> {
  await using image = await openRandomAccess(path);
  return await readExt4Tree(await Ext4.open(image, name), captured);
}

async function decompress(
  session: Session,
  { path, toolbox }: { readonly path: string; readonly toolbox: string },
  out: string,
): Promise<void> {
  const recipes = await lockRecipes(session, [toolbox], () => 'fail');
  const locked = recipes.get(toolbox);
  if (locked === undefined) return;
  const node = toolboxNode(locked);
  const results = await runNodes(session, [locked], [node]);
  await session.ports.sandbox({
    toolbox: await session.ports.toolboxTree(resultOf(results, node)),
    // What is zeros in the image takes no space here.
    script: 'zstd -q -d --sparse /in/image -o /out/image && chmod 0644 /out/image',
    inputs: { image: path },
    out,
    signal: session.context.signal,
  });
}

function noTree(name: string): AppError {
  return new AppError({
    kind: 'usage',
    code: 'image.no-tree',
    what: 'this file holds no tree of files that can be read here',
    where: name,
    expected: `a file that ends in ${TREES.join(', ')}`,
    got: name,
  });
}

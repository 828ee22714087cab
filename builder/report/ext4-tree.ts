import { createHash } from 'node:crypto';
import type { Sha256 } from '../../core/digest.ts';
import { Ext4, type Inode } from '../formats/ext4/reader.ts';
import { Captured, type Tree, type TreeEntry } from './tree.ts';

/** Made by every mke2fs, and in no archive. */
const OF_THE_FILE_SYSTEM = 'lost+found';

/**
 * Reads the tree of an ext4 file system, as `readTree` does that of a tar. Throws an `AppError` (`ext4.*`) for a
 * damaged one, also for directories in a circle.
 */
export async function readExt4Tree(image: Ext4, captured = new Captured(() => false)): Promise<Tree> {
  const tree = new Map<string, TreeEntry>();
  const names = new Map<number, string>();
  const pending: { readonly path: string; readonly inode: Inode }[] = [
    { path: '', inode: await image.root() },
  ];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { path, inode } = next;
    const first = names.get(inode.number);
    const known = first === undefined ? undefined : tree.get(first);
    if (known !== undefined && known.type !== 'directory') {
      tree.set(path, { ...known, link: first });
      continue;
    }
    // A directory has one name: another one would lead in a circle, and is passed over.
    if (known !== undefined) continue;
    names.set(inode.number, path);
    tree.set(path, await describe(image, path, inode, captured));
    if (image.typeOf(inode) !== 'directory') continue;
    const below = await image.entries(inode);
    for (const [name, number] of below.reverse()) {
      if (path === '' && name === OF_THE_FILE_SYSTEM) continue;
      pending.push({ path: path === '' ? name : `${path}/${name}`, inode: await image.inode(number) });
    }
  }
  return tree;
}

async function describe(image: Ext4, path: string, inode: Inode, captured: Captured): Promise<TreeEntry> {
  const type = image.typeOf(inode);
  const attributes = await image.attributes(inode);
  const { major, minor } = image.device(inode);
  return {
    // A tar has no sockets, and dpkg ships none.
    type: type === 'socket' ? 'fifo' : type,
    mode: inode.mode & 0o7777,
    uid: inode.uid,
    gid: inode.gid,
    mtime: inode.mtime,
    size: type === 'file' ? inode.size : 0,
    link: type === 'symlink' ? await image.target(inode) : undefined,
    device: type === 'char' || type === 'block' ? `${major}:${minor}` : undefined,
    xattrs: attributes
      .map(([name, value]) => `${name}=${value.toString('hex')}`)
      .sort()
      .join(' '),
    digest: type === 'file' ? await digestOf(image, path, inode, captured) : undefined,
  };
}

async function digestOf(image: Ext4, path: string, inode: Inode, captured: Captured): Promise<Sha256> {
  const hash = createHash('sha256');
  const pieces: Buffer[] | undefined = captured.wants(path) ? [] : undefined;
  for await (const piece of image.content(inode)) {
    hash.update(piece);
    pieces?.push(piece);
  }
  if (pieces !== undefined) captured.files.set(path, Buffer.concat(pieces));
  return hash.digest('hex') as Sha256;
}

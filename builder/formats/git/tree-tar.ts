/**
 * A tree of a repository as a tar, and back: the tar has everything that the tree's id is made of, so that it proves
 * itself without the pack it came in, and the same tree gives the same bytes.
 */
import { createHash, type Hash } from 'node:crypto';
import { malformed } from '../malformed.ts';
import type { TarEntryType } from '../tar-entry.ts';
import { TarScanner } from '../tar-scanner.ts';
import { TAR_END, tarHeader, tarPadding } from '../tar-write.ts';
import { isDirectory, objectId, parseTree, printTree } from './objects.ts';
import type { GitHash, GitObjects, GitTreeItem } from './objects.ts';

/** The one directory at the top of the tar. */
const TOP = 'source';
/** Deeper trees are taken for an attack. */
const MAX_DEPTH = 100;

export interface TreeTarOptions {
  readonly hash: GitHash;
  /** Time of every entry, in seconds since 1970. */
  readonly mtime: number;
  readonly where: string;
}

/** The tar of a tree, in pieces. Throws what reading objects and trees throws, and `git.link` for an odd symlink. */
export function* treeAsTar(objects: GitObjects, tree: string, options: TreeTarOptions): Generator<Buffer> {
  yield header('directory', `${TOP}/`, 0o755, options.mtime);
  yield* directory(objects, { mode: '40000', name: TOP, id: tree }, `${TOP}/`, options, 0);
  yield TAR_END;
}

function* directory(
  objects: GitObjects,
  { id }: GitTreeItem,
  path: string,
  options: TreeTarOptions,
  depth: number,
): Generator<Buffer> {
  const { hash, where, mtime } = options;
  if (depth > MAX_DEPTH) throw malformed('git.tree', 'The directories are too deep.', where, { got: path });
  for (const item of parseTree(objects.read(id, 'tree'), hash, `${where}: ${path}`)) {
    const name = `${path}${item.name}`;
    if (isDirectory(item)) {
      yield header('directory', `${name}/`, 0o755, mtime);
      yield* directory(objects, item, `${name}/`, options, depth + 1);
      continue;
    }
    const content = objects.read(item.id, 'blob');
    if (item.mode === '120000') {
      yield header('symlink', name, 0o777, mtime, { linkname: linkTarget(content, `${where}: ${name}`) });
    } else {
      yield header('file', name, item.mode === '100755' ? 0o755 : 0o644, mtime, { size: content.length });
      yield content;
      yield tarPadding(content.length);
    }
  }
}

function header(
  type: TarEntryType,
  path: string,
  mode: number,
  mtime: number,
  more: { readonly size?: number; readonly linkname?: string } = {},
): Buffer {
  return tarHeader({ type, path, mode, mtime, uid: 0, gid: 0, size: 0, ...more });
}

function linkTarget(content: Buffer, where: string): string {
  const target = content.toString('utf8');
  if (target !== '' && !target.includes('\0') && Buffer.from(target).equals(content)) return target;
  throw malformed('git.link', 'A symlink of the repository leads nowhere.', where, { got: target });
}

/** The id of the tree that a tar of {@link treeAsTar} holds. Throws `git.tar` for a tar of another form. */
export async function treeIdOfTar(
  tar: AsyncIterable<Uint8Array>,
  hash: GitHash,
  where: string,
): Promise<string> {
  const top: Directory = new Map();
  let content: Hash | undefined;
  const scanner = new TarScanner(
    {
      onEntry: ({ type, size }) => {
        content = type === 'file' ? createHash(hash).update(`blob ${size}\0`) : undefined;
      },
      onData: (chunk) => content?.update(chunk),
      onEnd: ({ type, path, mode, linkname = '' }) => {
        const parts = path.replace(/\/$/, '').split('/');
        if (parts.shift() !== TOP) throw badTar(where, `${TOP}/…`, path);
        const item = { mode: gitMode(type, mode), id: content?.digest('hex') ?? '' };
        if (item.mode === undefined) throw badTar(where, 'files, links and directories', type);
        if (type === 'symlink') item.id = objectId('blob', Buffer.from(linkname), hash);
        if (parts.length > 0)
          place(top, parts, type === 'directory' ? new Map() : { ...item, mode: item.mode }, where);
      },
    },
    where,
  );
  for await (const chunk of tar) scanner.write(chunk);
  scanner.end();
  return idOf(top, hash);
}

type Directory = Map<string, Directory | { readonly mode: string; readonly id: string }>;

function place(
  top: Directory,
  parts: readonly string[],
  item: Directory | { readonly mode: string; readonly id: string },
  where: string,
): void {
  let at = top;
  for (const part of parts.slice(0, -1)) {
    const next = at.get(part);
    if (!(next instanceof Map)) throw badTar(where, 'each directory before what is in it', parts.join('/'));
    at = next;
  }
  const name = parts.at(-1) ?? '';
  if (at.has(name)) throw badTar(where, 'each path once', parts.join('/'));
  at.set(name, item);
}

function idOf(directory: Directory, hash: GitHash): string {
  const items = [...directory].map(([name, item]): GitTreeItem => {
    return item instanceof Map ? { mode: '40000', name, id: idOf(item, hash) } : { ...item, name };
  });
  return objectId('tree', printTree(items), hash);
}

function gitMode(type: TarEntryType, mode: number): string | undefined {
  if (type === 'directory') return '40000';
  if (type === 'symlink') return '120000';
  if (type !== 'file') return undefined;
  return (mode & 0o100) === 0 ? '100644' : '100755';
}

function badTar(where: string, expected: string, got: string): Error {
  return malformed('git.tar', 'The tar of a repository has another form.', where, { expected, got });
}

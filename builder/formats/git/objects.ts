import { createHash } from 'node:crypto';
import { malformed } from '../malformed.ts';

/** The hash of a repository (git: hash-function-transition); almost all have SHA-1. */
export type GitHash = 'sha1' | 'sha256';
export type GitObjectType = 'commit' | 'tree' | 'blob' | 'tag';

export interface GitObject {
  readonly type: GitObjectType;
  readonly content: Buffer;
}

/** Where objects are read from: a pack. Throws an `AppError` for one that is not there. */
export interface GitObjects {
  read(id: string, type: GitObjectType): Buffer;
}

/** Bytes of an id. */
export const ID_BYTES: Readonly<Record<GitHash, number>> = { sha1: 20, sha256: 32 };

/** The hash that an id (hexadecimal) was made with. */
export function hashOfId(id: string): GitHash {
  return id.length === 64 ? 'sha256' : 'sha1';
}

/** The id of an object: the hash of its type, size and content. */
export function objectId(type: GitObjectType, content: Uint8Array, hash: GitHash): string {
  return createHash(hash).update(`${type} ${content.length}\0`).update(content).digest('hex');
}

export interface GitCommit {
  readonly tree: string;
  /** When it was committed, in seconds since 1970. */
  readonly committed: number;
}

/** Reads the part of a commit that says what it holds. Throws `git.commit` for what is none. */
export function parseCommit(content: Buffer, where: string): GitCommit {
  const text = content.toString('latin1');
  const head = text.slice(0, Math.max(0, text.indexOf('\n\n')) + 1);
  const tree = /^tree ([0-9a-f]{40}|[0-9a-f]{64})\n/.exec(head)?.[1];
  const committed = /\ncommitter [^\n]*> (\d{1,11}) [+-]\d{4}\n/.exec(head)?.[1];
  if (tree !== undefined && committed !== undefined) return { tree, committed: Number(committed) };
  throw malformed('git.commit', 'This is no commit.', where, {
    expected: 'tree and committer',
    got: head,
  });
}

/** What a tree may hold here. A submodule is content that no tag of this repository covers. */
const MODES = new Set(['100644', '100755', '120000', '40000']);

export interface GitTreeItem {
  readonly mode: string;
  readonly name: string;
  readonly id: string;
}

export const isDirectory = ({ mode }: Pick<GitTreeItem, 'mode'>): boolean => mode === '40000';

/**
 * Reads a tree (gitformat-pack(5) and `git fsck`): names in git's order, each once, none that leads elsewhere.
 * Throws `git.tree` for anything else, also for submodules and for names that are not UTF-8.
 */
export function parseTree(content: Buffer, hash: GitHash, where: string): GitTreeItem[] {
  const items: GitTreeItem[] = [];
  for (let at = 0; at < content.length;) {
    const space = content.indexOf(0x20, at);
    const zero = content.indexOf(0, at);
    const end = zero + 1 + ID_BYTES[hash];
    if (space < at || zero < space || end > content.length)
      throw badTree(where, 'mode, name and id', 'a piece');
    const mode = content.toString('latin1', at, space);
    const bytes = content.subarray(space + 1, zero);
    const name = bytes.toString('utf8');
    if (!MODES.has(mode)) throw badTree(where, 'files, links and directories', `mode ${mode} of ${name}`);
    if (!Buffer.from(name).equals(bytes) || !isName(name)) throw badTree(where, 'a plain name', name);
    items.push({ mode, name, id: content.toString('hex', zero + 1, end) });
    at = end;
  }
  const names = new Set(items.map(({ name }) => name));
  const isSorted = items.every((item, at) => at === 0 || compareItems(items[at - 1] ?? item, item) < 0);
  if (!isSorted || names.size < items.length) throw badTree(where, 'sorted names, each once', 'others');
  return items;
}

/** The content of a tree. The items may come in any order. */
export function printTree(items: readonly GitTreeItem[]): Buffer {
  return Buffer.concat(
    [...items]
      .sort(compareItems)
      .flatMap(({ mode, name, id }) => [Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')]),
  );
}

function isName(name: string): boolean {
  return name !== '' && !name.includes('/') && !/^\.{1,2}$/.test(name) && name.toLowerCase() !== '.git';
}

/** By bytes, a directory as if its name ended in a slash. */
function compareItems(a: GitTreeItem, b: GitTreeItem): number {
  const key = (item: GitTreeItem): Buffer => Buffer.from(isDirectory(item) ? `${item.name}/` : item.name);
  return Buffer.compare(key(a), key(b));
}

function badTree(where: string, expected: string, got: string): Error {
  return malformed('git.tree', 'A directory of the repository cannot be taken.', where, { expected, got });
}

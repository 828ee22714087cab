import { createHash, type Hash } from 'node:crypto';
import type { Sha256 } from '../../core/digest.ts';
import type { ScannedTarEntry, TarEntryType } from '../formats/tar-entry.ts';
import { TarScanner } from '../formats/tar-scanner.ts';

/** One file of a tree, with all that makes it differ from another. */
export interface TreeEntry {
  readonly type: TarEntryType;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  readonly size: number;
  /** Target of a symlink; the first path of a hardlinked file. */
  readonly link?: string | undefined;
  readonly device?: string | undefined;
  /** `name=hex` of each extended attribute, sorted. */
  readonly xattrs: string;
  /** SHA-256 of a regular file's content. */
  readonly digest?: Sha256 | undefined;
}

/** The files of a tree by path, without `./` and final slash; the root is the empty path. */
export type Tree = ReadonlyMap<string, TreeEntry>;

/** Gathers the bytes of some files of a tree while it is read. */
export class Captured {
  readonly files = new Map<string, Buffer>();
  readonly wants: (path: string) => boolean;

  constructor(wants: (path: string) => boolean) {
    this.wants = wants;
  }

  /** For the files whose paths match. */
  static matching(paths: RegExp): Captured {
    return new Captured((path) => paths.test(path));
  }
}

/**
 * Reads a tree from a tar as it streams by, and the bytes of the files that `captured` wants. Throws an
 * `AppError` (`tar.*`) for a damaged archive.
 */
export async function readTree(
  tar: AsyncIterable<Uint8Array>,
  where: string,
  captured = new Captured(() => false),
): Promise<Tree> {
  const tree = new Map<string, TreeEntry>();
  let hash: Hash | undefined;
  let pieces: Buffer[] | undefined;
  const scanner = new TarScanner(
    {
      onEntry: (entry) => {
        hash = entry.type === 'file' ? createHash('sha256') : undefined;
        pieces = entry.type === 'file' && captured.wants(treePath(entry.path)) ? [] : undefined;
      },
      onData: (chunk) => {
        hash?.update(chunk);
        pieces?.push(Buffer.from(chunk));
      },
      onEnd: (entry) => {
        if (pieces !== undefined) captured.files.set(treePath(entry.path), Buffer.concat(pieces));
        tree.set(treePath(entry.path), describe(entry, tree, hash?.digest('hex') as Sha256 | undefined));
      },
    },
    where,
  );
  for await (const chunk of tar) scanner.write(chunk);
  scanner.end();
  return tree;
}

function treePath(path: string): string {
  return path
    .replace(/^(\.?\/)*/, '')
    .replace(/\/+$/, '')
    .replace(/^\.$/, '');
}

function describe(entry: ScannedTarEntry, tree: Tree, digest: Sha256 | undefined): TreeEntry {
  // A further name of a file is that file: which of its names comes first is the order of the archive.
  const first = entry.type === 'hardlink' ? tree.get(treePath(entry.linkname ?? '')) : undefined;
  if (first !== undefined) return { ...first, link: treePath(entry.linkname ?? '') };
  const isDevice = entry.type === 'char' || entry.type === 'block';
  return {
    type: entry.type,
    mode: entry.mode,
    uid: entry.uid,
    gid: entry.gid,
    mtime: entry.mtime,
    size: entry.size,
    link: entry.linkname,
    device: isDevice ? `${entry.devmajor ?? 0}:${entry.devminor ?? 0}` : undefined,
    xattrs: [...entry.xattrs]
      .map(([name, value]) => `${name}=${value.toString('hex')}`)
      .sort()
      .join(' '),
    digest,
  };
}

/** One way in which two trees differ. */
export interface TreeDifference {
  readonly path: string;
  /** Fields that differ; `presence` when only one tree has the path. */
  readonly fields: readonly (keyof TreeEntry | 'presence')[];
  readonly a: TreeEntry | undefined;
  readonly b: TreeEntry | undefined;
}

const COMPARED: readonly (keyof TreeEntry)[] = [
  'type',
  'mode',
  'uid',
  'gid',
  'mtime',
  'size',
  'link',
  'device',
  'xattrs',
  'digest',
];

/** All paths that are not the same in both trees, sorted. */
export function compareTrees(
  a: Tree,
  b: Tree,
  ignore: ReadonlySet<keyof TreeEntry> = new Set(),
): TreeDifference[] {
  const paths = [...new Set([...a.keys(), ...b.keys()])].sort();
  return paths.flatMap((path): TreeDifference[] => {
    const [left, right] = [a.get(path), b.get(path)];
    if (left === undefined || right === undefined) {
      return [{ path, fields: ['presence'], a: left, b: right }];
    }
    const fields = COMPARED.filter((field) => !ignore.has(field) && left[field] !== right[field]);
    return fields.length === 0 ? [] : [{ path, fields, a: left, b: right }];
  });
}

/** A difference as one line: the path, then each differing field with both values. */
export function describeDifference({ path, fields, a, b }: TreeDifference): string {
  const details = fields.map((field) => {
    if (field === 'presence') return a === undefined ? 'only in the second' : 'only in the first';
    return `${field} ${show(field, a)} → ${show(field, b)}`;
  });
  return `/${path}: ${details.join(', ')}`;
}

function show(field: keyof TreeEntry, entry: TreeEntry | undefined): string {
  const value = entry?.[field];
  if (value === undefined || value === '') return 'none';
  return field === 'mode' ? (value as number).toString(8).padStart(4, '0') : String(value).slice(0, 40);
}

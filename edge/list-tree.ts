import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { sha256, type Sha256 } from '../core/digest.ts';
import { hashFile } from './files.ts';

/** The lines of regular files in `listTree`, one for each of the paths below `root`. */
export type ListFiles = (root: string, paths: readonly string[]) => Promise<readonly string[]>;

/** So many files are asked for at a time: enough to be worth a message, few enough that threads end together. */
const BATCH = 256;

/**
 * The files of a directory tree, a line each, sorted: type, mode, size and hash or link target, path. `files`, which
 * reads them, is asked for several batches at a time.
 */
export async function listTree(root: string, files: ListFiles): Promise<string> {
  const lines: string[] = [];
  const found: { readonly path: string; readonly line: number }[] = [];
  const visit = (directory: string): void => {
    const entries = readdirSync(join(root, directory), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
      if (entry.isFile()) found.push({ path, line: lines.length });
      const isLink = entry.isSymbolicLink();
      const kind = entry.isDirectory() ? 'd' : 'other';
      lines.push(isLink ? `l ${readlinkSync(join(root, path))} ${path}` : `${kind} ${path}`);
      if (entry.isDirectory()) visit(path);
    }
  };
  visit('');
  const batches = Array.from({ length: Math.ceil(found.length / BATCH) }, (_, index) =>
    found.slice(index * BATCH, (index + 1) * BATCH),
  );
  const fill = async (batch: typeof found): Promise<void> => {
    const made = await files(
      root,
      batch.map(({ path }) => path),
    );
    for (const [index, { line }] of batch.entries()) lines[line] = made[index] ?? '';
  };
  await Promise.all(batches.map(fill));
  return `${lines.join('\n')}\n`;
}

/** Most files are small, and for those one blocking read is several times as fast as four waits. */
const SMALL = 1024 * 1024;

/** Reads and hashes files, for `listTree`. */
export const listFiles: ListFiles = async (root, paths) => {
  const lines: string[] = [];
  for (const path of paths) {
    const place = join(root, path);
    const { mode, size } = lstatSync(place);
    const got = size <= SMALL ? contentOf(place) : await hashFile(place);
    lines.push(`f ${(mode & 0o777).toString(8)} ${String(got?.size)} ${String(got?.sha256)} ${path}`);
  }
  return lines;
};

function contentOf(path: string): { readonly size: number; readonly sha256: Sha256 } {
  const bytes = readFileSync(path);
  return { size: bytes.length, sha256: sha256(bytes) };
}

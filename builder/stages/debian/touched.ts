import { posix } from 'node:path';
import type { PackageFacts } from './ingest.ts';

/** Links of links are followed so far. */
const MAX_HOPS = 8;

/**
 * The directories whose time dpkg sets to the present when it unpacks packages over a tree that holds them
 * already, as mmdebstrap lets it: those into which it puts a file. A symlink counts unless it stands for a
 * directory that is there: dpkg leaves such a link alone.
 */
export function touchedDirectories(
  packages: readonly Pick<PackageFacts, 'directories' | 'filledDirectories' | 'symlinks'>[],
): Set<string> {
  const directories = new Set(packages.flatMap((facts) => facts.directories));
  const links = new Map(packages.flatMap((facts) => facts.symlinks));
  const touched = new Set(packages.flatMap((facts) => facts.filledDirectories));
  for (const path of links.keys()) {
    if (!leadsToDirectory(path, links, directories)) touched.add(parentOf(path));
  }
  return touched;
}

function leadsToDirectory(
  start: string,
  links: ReadonlyMap<string, string>,
  directories: ReadonlySet<string>,
): boolean {
  let path = start;
  for (let hop = 0; hop < MAX_HOPS; hop++) {
    const target = links.get(path);
    if (target === undefined) return directories.has(path);
    path = posix.resolve('/', parentOf(path), target).slice(1);
  }
  return false;
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}

import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseSha256, sha256, type Sha256 } from '../../core/digest.ts';
import { ignoreMissing, listDirectory, readIfPresent, writeFileAtomic } from '../../edge/files.ts';
import type { Layout } from './layout.ts';

/** Something outside the store that needs things in it: a lock, an image. */
export interface Root {
  /** Absolute path of the file; when it is gone, the root is gone. */
  readonly path: string;
  readonly blobs: readonly Sha256[];
  readonly stages: readonly Sha256[];
}

const digests = z.array(
  z.string().transform((text, context): Sha256 => {
    const parsed = parseSha256(text);
    if (parsed === undefined) context.addIssue('not a SHA-256');
    return parsed ?? ('' as Sha256);
  }),
);
const schema = z.strictObject({ path: z.string(), blobs: digests, stages: digests });

/** Writes or replaces the root of `root.path`. */
export async function writeRoot(layout: Layout, root: Root): Promise<void> {
  const path = join(layout.roots, `${sha256(root.path)}.json`);
  const text = JSON.stringify(root);
  // Every build says it again; waiting for the disk each time would cost more than the rest of a rebuild.
  if ((await readIfPresent(path))?.toString('utf8') !== text) await writeFileAtomic(path, text);
}

/** Every root whose file still exists; the others are removed. */
export async function readRoots(layout: Layout): Promise<Root[]> {
  const roots: Root[] = [];
  for (const name of await listDirectory(layout.roots)) {
    if (name.startsWith('.')) continue;
    const file = join(layout.roots, name);
    const root = parseRoot((await readIfPresent(file))?.toString('utf8') ?? '');
    if (root !== undefined && (await stat(root.path).catch(ignoreMissing)) !== undefined) roots.push(root);
    else await rm(file, { force: true });
  }
  return roots;
}

function parseRoot(text: string): Root | undefined {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

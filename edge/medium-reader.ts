import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MediumReader } from '../installer/medium-check/check.ts';

const READ = 1024 * 1024;

/** Reads a mounted medium, or a folder with all its files. */
export function mediumReader(root: string): MediumReader {
  return {
    text: (path) => readFile(join(root, path), 'utf8'),
    async digest(path) {
      const hash = createHash('sha256');
      try {
        const bytes = createReadStream(join(root, path), { highWaterMark: READ });
        for await (const chunk of bytes) hash.update(chunk as Buffer);
      } catch {
        return undefined;
      }
      return hash.digest('hex');
    },
    async list() {
      const entries = await readdir(root, { recursive: true, withFileTypes: true });
      return entries
        .filter((entry) => !entry.isDirectory())
        .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
    },
  };
}

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError, exitCodeOf } from '../../core/errors.ts';
import { checkMedium, type MediumReader } from './check.ts';

// Node 20 warns of Ed25519 as experimental, in the middle of what people read.
process.removeAllListeners('warning');

const [root = '/run/qubeforge/medium', key = '/usr/share/qubeforge/medium-key.asc'] = process.argv.slice(2);

/** A mounted medium. */
const medium: MediumReader = {
  text: (path) => readFile(join(root, path), 'utf8'),
  async digest(path) {
    const hash = createHash('sha256');
    try {
      for await (const chunk of createReadStream(join(root, path))) hash.update(chunk as Buffer);
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

try {
  const bad = await checkMedium(medium, await readFile(key, 'utf8'), (path, good) => {
    process.stdout.write(`${good ? 'ok ' : 'BAD'} ${path}\n`);
  });
  for (const { path, problem } of bad) process.stdout.write(`BAD ${path}: ${problem}\n`);
  process.stdout.write(
    bad.length === 0 ? 'medium check passed\n' : `medium check FAILED: ${bad.length} files\n`,
  );
  process.exitCode = bad.length === 0 ? 0 : 3;
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`);
  process.exitCode = exitCodeOf(error);
}

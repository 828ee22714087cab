import { readFile } from 'node:fs/promises';
import { describeError, exitCodeOf } from '../../core/errors.ts';
import { mediumReader } from '../../edge/medium-reader.ts';
import { checkMedium } from './check.ts';

// Node 20 warns of Ed25519 as experimental, in the middle of what people read.
process.removeAllListeners('warning');

const [root = '/run/qubeforge/medium', key = '/usr/share/qubeforge/medium-key.asc'] = process.argv.slice(2);

try {
  const bad = await checkMedium(mediumReader(root), await readFile(key, 'utf8'), (path, good) => {
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

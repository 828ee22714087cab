/** Killed with SIGKILL at any moment, the next run ends with the same bytes and leaves no rubbish. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseLock } from '../../../builder/lock/lock-file.ts';
import type { ChildTask } from '../../support/fetch-child.ts';
import { recipeOf } from '../../support/locking.ts';
import { startMiniMirror } from '../../support/mini-mirror.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { keyFiles } from '../../support/test-keys.ts';

const KILLS = 6;
const scratch = await temporaryDirectory();
const program = join(scratch.path, 'child.mjs');
const packages = Array.from({ length: 12 }, (_, at) => ({
  name: `package-${at}`,
  files: [
    {
      path: `usr/share/data-${at}`,
      mode: 0o644,
      content: createHash('sha512').update(`${at}`).digest('hex').repeat(800),
    },
  ],
}));
const mirror = await startMiniMirror({ suites: [{ suite: 'trixie', packages }] });
// Slow enough that a kill has something to hit.
mirror.fault(/^pool/, { kind: 'slow', pause: 4, piece: 30_000 });

beforeAll(async () => {
  await build({
    entryPoints: ['test/support/fetch-child.ts'],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    banner: {
      js: "import { createRequire as __qfRequire } from 'node:module'; const require = __qfRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
});
afterAll(async () => {
  await mirror[Symbol.asyncDispose]();
  await scratch[Symbol.asyncDispose]();
});

/**
 * Runs the program; kills it some milliseconds after it has sent a number of requests, if so asked: time
 * alone would mostly hit the start of Node. Returns how it ended.
 */
async function run(directory: string, kill?: { requests: number; delay: number }): Promise<string> {
  const { manifest, files } = await keyFiles([mirror.key]);
  const keys = [...files].map(([name, armored]) => [name, armored.toString()] as const);
  const task: ChildTask = { directory, recipe: recipeOf(mirror), manifest, keys };
  const child = spawn(process.execPath, [program, JSON.stringify(task)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  let served = 0;
  mirror.server.onRequest = () => {
    served += 1;
    if (served === kill?.requests) setTimeout(() => child.kill('SIGKILL'), kill.delay);
  };
  return new Promise<string>((resolve) => {
    child.on('close', (code, signal) => {
      resolve(signal ?? (code === 0 ? 'done' : complaint));
    });
  });
}

/** Every file below a directory with the hash of its content. */
async function tree(directory: string): Promise<[path: string, hash: string][]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const hashed = files.sort().map(async (file): Promise<[string, string]> => {
    const hash = createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
    return [file.slice(directory.length + 1), hash];
  });
  return Promise.all(hashed);
}

test('a store and a lock survive kills at random moments', { timeout: 300_000 }, async () => {
  const clean = join(scratch.path, 'clean');
  expect(await run(clean)).toBe('done');
  const wanted = await tree(clean);
  expect(wanted.filter(([path]) => path.includes('/blobs/')).length).toBeGreaterThan(packages.length);

  let killed = 0;
  let rubbish = 0;
  for (let round = 0; round < KILLS; round += 1) {
    // Each third of the rounds goes on in the directory that the kills before it left.
    const directory = join(scratch.path, `killed-${round - (round % 3)}`);
    await mkdir(directory, { recursive: true });
    const requests = 1 + Math.floor(Math.random() * (packages.length / (1 + (round % 3))));
    const how = await run(directory, { requests, delay: Math.random() * 20 });
    expect(['SIGKILL', 'done']).toContain(how);
    if (how === 'SIGKILL') killed += 1;
    const left = await tree(directory);
    rubbish += left.filter(([path]) => path.includes('.tmp-')).length;
    for (const [path, hash] of left) {
      const name = /\/blobs\/sha256\/..\/([0-9a-f]{64})$/.exec(path)?.[1];
      if (name !== undefined) expect(hash, `a visible blob is always whole: ${path}`).toBe(name);
      if (path === 'mini.lock.json') parseLock(await readFile(join(directory, path), 'utf8'), path);
    }
    if (round % 3 < 2) continue;
    expect(await run(directory)).toBe('done');
    expect(await tree(directory)).toEqual(wanted);
  }
  // The kills did hit work in progress; otherwise this test shows nothing.
  expect(killed).toBeGreaterThan(0);
  expect(rubbish).toBeGreaterThan(0);
});

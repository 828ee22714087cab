import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, writeFile, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { AppError } from '../core/errors.ts';
import { KIB, MIB } from '../core/bytes.ts';
import type { Image, MediumFile } from '../installer/medium/manifest.ts';

/** A block of zeros is a hole: the target was discarded before and reads as zeros there. */
const BLOCK = 64 * KIB;
const READ = MIB;
const ZEROS = Buffer.alloc(BLOCK);

/**
 * Unpacks `image` from the medium to a device, and hashes what it reads. Memory stays flat. When the bytes
 * are not those of the manifest, the beginning of the target is wiped, so that nobody starts it. Throws an
 * `AppError` (verification).
 */
export async function deployImage(
  medium: string,
  image: Image,
  device: string,
  progress: (bytes: number) => void,
): Promise<void> {
  const path = `${medium}/${image.path}`;
  await using target = await open(device, 'r+');
  const { digest, ended, written } = await (image.path.endsWith('.squashfs')
    ? fromSquashfs(path, target, progress)
    : fromZstd(path, target, progress));
  if (digest !== image.sha256 || ended !== 0 || written !== image['raw-size']) {
    await target.write(Buffer.alloc(MIB), 0, MIB, 0);
    await target.sync();
    throw damaged(path, image, digest, written);
  }
  await target.sync();
}

interface Unpacked {
  readonly digest: string;
  readonly ended: number | null;
  readonly written: number;
}

type Progress = (bytes: number) => void;

/** One pass: the bytes that are unpacked are the bytes that are hashed. */
async function fromZstd(path: string, target: FileHandle, progress: Progress): Promise<Unpacked> {
  const unpacker = spawn('zstd', ['--decompress', '--stdout', '--quiet'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = exitOf(unpacker);
  const hash = createHash('sha256');
  const [written] = await Promise.all([
    writeSparse(unpacker.stdout, target, progress),
    feed(path, unpacker.stdin, (chunk) => hash.update(chunk)),
  ]);
  return { digest: hash.digest('hex'), ended: await ended, written };
}

/** A squashfs is not read from its beginning to its end, so it is hashed before. */
async function fromSquashfs(path: string, target: FileHandle, progress: Progress): Promise<Unpacked> {
  const digest = await hashFile(path);
  const unpacker = spawn('unsquashfs', ['-cat', path, 'root.img'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = exitOf(unpacker);
  const written = await writeSparse(unpacker.stdout, target, progress);
  return { digest, ended: await ended, written };
}

/** The exit code; null when a program could not be started or was killed. */
function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    child.once('error', () => {
      resolve(null);
    });
    child.once('close', (code) => {
      resolve(code);
    });
  });
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: READ })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Copies a small file of the medium and verifies it. Throws an `AppError` (verification). */
export async function copyFile(medium: string, file: MediumFile, to: string): Promise<void> {
  const bytes = await readFile(`${medium}/${file.path}`);
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== file.sha256) {
    throw new AppError({
      kind: 'verification',
      code: 'medium.file',
      what: 'A file on the medium is damaged or was changed',
      where: `${medium}/${file.path}`,
      expected: `SHA-256 ${file.sha256}`,
      got: `SHA-256 ${found}`,
      next: 'write the medium again',
    });
  }
  await mkdir(dirname(to), { recursive: true });
  await writeFile(to, bytes, { flush: true });
}

/** Copies a file to the unpacker. One that ends early (bad data) is no error here: the hash decides. */
async function feed(path: string, to: Writable, look: (chunk: Buffer) => void): Promise<void> {
  to.on('error', () => undefined);
  for await (const chunk of createReadStream(path, { highWaterMark: READ }) as AsyncIterable<Buffer>) {
    look(chunk);
    if (to.writable && !to.write(chunk)) await drained(to);
  }
  to.end();
}

function drained(to: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      to.off('drain', done);
      to.off('close', done);
      resolve();
    };
    to.on('drain', done);
    to.on('close', done);
  });
}

async function writeSparse(
  from: Readable,
  target: FileHandle,
  progress: (bytes: number) => void,
): Promise<number> {
  let position = 0;
  const gathered = Buffer.alloc(READ);
  let filled = 0;
  const flush = async (): Promise<void> => {
    await writeBlocks(target, gathered.subarray(0, filled), position);
    position += filled;
    filled = 0;
    progress(position);
  };
  for await (const chunk of from as AsyncIterable<Buffer>) {
    let taken = 0;
    while (taken < chunk.length) {
      const copied = chunk.copy(gathered, filled, taken);
      taken += copied;
      filled += copied;
      if (filled === READ) await flush();
    }
  }
  if (filled > 0) await flush();
  return position;
}

/** Writes the runs of blocks that are not zero. */
async function writeBlocks(target: FileHandle, data: Buffer, position: number): Promise<void> {
  let start = 0;
  while (start < data.length) {
    if (isZero(data, start)) {
      start += BLOCK;
      continue;
    }
    let end = start + BLOCK;
    while (end < data.length && !isZero(data, end)) end += BLOCK;
    const run = data.subarray(start, Math.min(end, data.length));
    await target.write(run, 0, run.length, position + start);
    start = end;
  }
}

function isZero(data: Buffer, start: number): boolean {
  const end = Math.min(start + BLOCK, data.length);
  return data.compare(ZEROS, 0, end - start, start, end) === 0;
}

function damaged(path: string, image: Image, found: string, written: number): AppError {
  const size = `${written} bytes unpacked`;
  return new AppError({
    kind: 'verification',
    code: 'medium.image',
    what: `The image ${image.name} on the medium is damaged or was changed`,
    where: path,
    expected: `SHA-256 ${image.sha256}, ${image['raw-size']} bytes unpacked`,
    got: `SHA-256 ${found}, ${size}`,
    next: 'write the medium again, and choose "verify this medium" in its menu',
  });
}

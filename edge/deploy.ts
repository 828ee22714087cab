import { spawn, type ChildProcess } from 'node:child_process';
import { createHash, type Hash } from 'node:crypto';
import { mkdir, open, readFile, writeFile, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Writable } from 'node:stream';
import { AppError } from '../core/errors.ts';
import { MIB } from '../core/bytes.ts';
import type { Image, MediumFile } from '../installer/medium/manifest.ts';
import { chunksOf } from './chunks.ts';
import { fromSquashfs } from './squashed-image.ts';

/** Milliseconds between two looks at how far a program has written. */
const LOOK = 500;
/** Characters of what an unpacker says of a failure. */
const COMPLAINT = 500;

/**
 * Unpacks `image` from the medium to a device that reads as zeros, and hashes what it reads. The unpacker writes to
 * the device itself, which spares a pipe; long zeros are passed over. Memory stays flat. When the bytes are not
 * those of the manifest, the beginning of the target is wiped, so that nobody starts it. Throws an `AppError`
 * (verification; tool when the target does not take the bytes).
 */
export async function deployImage(
  medium: string,
  image: Image,
  device: string,
  progress: (bytes: number) => void,
): Promise<void> {
  const path = `${medium}/${image.path}`;
  await using target = await open(device, 'r+');
  const source = image.path.endsWith('.squashfs') ? fromSquashfs : fromZstd;
  const { digest, complaint } = await reporting(target, progress, () => unpack(source, path, target));
  const written = await positionOf(target);
  const failed = complaint ?? (await failureOf(target.sync()));
  if (digest === image.sha256 && failed === undefined && written === image['raw-size']) return;
  // A disk that fails here too has what led here as its error.
  await failureOf(target.write(Buffer.alloc(MIB), 0, MIB, 0).then(() => target.sync()));
  if (digest !== image.sha256) throw damaged(path, image, digest, written);
  throw notWritten(device, image, written, failed ?? 'the unpacker ended as if that were all');
}

async function failureOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

interface Unpacked {
  /** SHA-256 of the compressed file, or why it cannot be read. */
  readonly digest: string;
  /** How the unpacker failed, when it did. */
  readonly complaint: string | undefined;
}

/** Bytes for zstd in the order of the file that they are taken from, and the SHA-256 of the whole file. */
type Source = (path: string, hash: Hash) => AsyncIterable<Buffer>;

/** One pass: the bytes that are unpacked are the bytes that are hashed. */
async function unpack(source: Source, path: string, target: FileHandle): Promise<Unpacked> {
  const hash = createHash('sha256');
  const unpacker = spawn('zstd', ['--decompress', '--stdout', '--quiet', '--sparse'], {
    stdio: ['pipe', target.fd, 'pipe'],
  });
  const [complaint, unreadable] = await Promise.all([
    complaintOf(unpacker),
    // The types do not know that a pipe was asked for.
    failureOf(feed(source(path, hash), unpacker.stdin as Writable)),
  ]);
  return { digest: unreadable ?? hash.digest('hex'), complaint };
}

async function* fromZstd(path: string, hash: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of chunksOf(path)) {
    hash.update(chunk);
    yield chunk;
  }
}

/** Reports how far the target is written while `work` goes on. */
async function reporting<T>(
  target: FileHandle,
  progress: (bytes: number) => void,
  work: () => Promise<T>,
): Promise<T> {
  const timer = setInterval(() => {
    // A look that comes after the end of the work is none.
    positionOf(target).then(progress, () => undefined);
  }, LOOK);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** Bytes from the beginning, holes included: a program that was given the file moves the one offset (proc(5), fdinfo). */
async function positionOf({ fd }: FileHandle): Promise<number> {
  const text = await readFile(`/proc/self/fdinfo/${String(fd)}`, 'utf8');
  return Number(/^pos:\s*(\d+)$/m.exec(text)?.[1]);
}

/** Waits for the end of a program; what it said when that was not a good one. */
function complaintOf(child: ChildProcess): Promise<string | undefined> {
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-COMPLAINT);
  });
  return new Promise((resolve) => {
    child.once('error', (error) => {
      resolve(error.message);
    });
    child.once('close', (code, signal) => {
      const how = `${child.spawnfile} ended with ${String(code ?? signal)}`;
      resolve(code === 0 ? undefined : [how, said.trim()].filter((text) => text !== '').join(': '));
    });
  });
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

/** Gives the unpacker its bytes. One that ends early (bad data) is no error here: the hash decides. */
async function feed(source: AsyncIterable<Buffer>, to: Writable): Promise<void> {
  to.on('error', () => undefined);
  try {
    for await (const chunk of source) {
      if (to.writable && !to.write(chunk)) await drained(to);
    }
  } finally {
    to.end();
  }
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

function notWritten(device: string, image: Image, written: number, why: string): AppError {
  return new AppError({
    kind: 'tool',
    code: 'deploy.write',
    what: `The image ${image.name} could not be written, though the medium is whole`,
    where: device,
    expected: `${image['raw-size']} bytes`,
    got: `${written} bytes; ${why}`,
    next: 'look for errors of the disk with: dmesg | tail; then go on with: qubeforge-install resume',
  });
}

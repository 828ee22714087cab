import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { AppError } from '../core/errors.ts';
import { KIB, MIB } from '../core/bytes.ts';
import type { Image, MediumFile } from '../installer/medium/manifest.ts';

/** Bytes. A block of zeros is a hole: the target was discarded before and reads as zeros there. */
const BLOCK = 64 * KIB;
const READ = MIB;

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
  const { digest, ended, written } = await (image.path.endsWith('.squashfs')
    ? fromSquashfs(path, device, progress)
    : fromZstd(path, device, progress));
  if (digest === image.sha256 && ended && written === image['raw-size']) return;
  await using target = await open(device, 'r+');
  await target.write(Buffer.alloc(MIB), 0, MIB, 0);
  await target.sync();
  throw damaged(path, image, digest, written);
}

interface Unpacked {
  readonly digest: string;
  /** Whether unpacker and writer both ended well. */
  readonly ended: boolean;
  /** Bytes, holes included. */
  readonly written: number;
}

type Progress = (bytes: number) => void;

/** One pass: the bytes that are unpacked are the bytes that are hashed. */
async function fromZstd(path: string, device: string, progress: Progress): Promise<Unpacked> {
  const hash = createHash('sha256');
  const unpacker = spawn('zstd', ['--decompress', '--stdout', '--quiet'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [unpacked] = await Promise.all([
    writeSparse(unpacker, device, progress),
    feed(path, unpacker.stdin, (chunk) => hash.update(chunk)),
  ]);
  return { digest: hash.digest('hex'), ...unpacked };
}

/** A squashfs is not read from its beginning to its end, so it is hashed beside the unpacker; the page cache has it. */
async function fromSquashfs(path: string, device: string, progress: Progress): Promise<Unpacked> {
  const unpacker = spawn('unsquashfs', ['-cat', path, 'root.img'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [unpacked, digest] = await Promise.all([writeSparse(unpacker, device, progress), hashFile(path)]);
  return { digest, ...unpacked };
}

/**
 * Writes what a program prints to a device, as dd(1) does it: blocks of zeros are passed over, and everything is
 * on the disk at the end. The bytes go from one program to the other, not through this one.
 */
async function writeSparse(
  unpacker: ChildProcess & { readonly stdout: Readable },
  device: string,
  progress: Progress,
): Promise<Omit<Unpacked, 'digest'>> {
  const writer = spawn(
    'dd',
    [
      ...[`of=${device}`, `ibs=${READ}`, `obs=${BLOCK}`, 'iflag=fullblock'],
      ...['conv=sparse,notrunc,nocreat,fsync', 'status=progress'],
    ],
    { stdio: [unpacker.stdout, 'ignore', 'pipe'], env: { ...process.env, LC_ALL: 'C' } },
  );
  // The writer has it now: should it die, the unpacker has to hear of it.
  unpacker.stdout.destroy();
  let written = 0;
  let unread = '';
  writer.stderr.setEncoding('utf8').on('data', (text: string) => {
    const lines = (unread + text).split(/[\r\n]/);
    unread = lines.pop() ?? '';
    for (const line of lines) {
      const bytes = /^(\d+) bytes/.exec(line)?.[1];
      if (bytes !== undefined) progress((written = Number(bytes)));
    }
  });
  const codes = await Promise.all([exitOf(unpacker), exitOf(writer)]);
  return { ended: codes.every((code) => code === 0), written };
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

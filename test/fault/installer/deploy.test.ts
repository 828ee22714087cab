import { createHash } from 'node:crypto';
import { chmod, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../../core/digest.ts';
import { deployImage } from '../../../edge/deploy.ts';
import { fromSquashfs } from '../../../edge/squashed-image.ts';
import type { Image } from '../../../installer/medium/manifest.ts';
import { squashfsOf } from '../../support/squashfs.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const MIB = 2 ** 20;
const IMAGE = Buffer.concat([Buffer.alloc(MIB, 'a'), Buffer.alloc(MIB), Buffer.alloc(MIB, 'b')]);
const OLD = Buffer.alloc(4 * MIB, 'o');

const SPARSE = 'exec dd bs=64K iflag=fullblock conv=sparse,notrunc status=none';

let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
let path: string;
let device: string;
const searched = process.env['PATH'];

/**
 * A stand-in for the unpacker that prints what it gets, a hole for what is zero: what is tested here is what we do
 * around it.
 */
beforeEach(async () => {
  folder = await temporaryDirectory();
  path = folder.path;
  device = join(path, 'device');
  await writeFile(device, OLD);
  await mkdir(join(path, 'bin'));
  await program('zstd', SPARSE);
  process.env['PATH'] = `${join(path, 'bin')}:${searched ?? ''}`;
});
afterEach(async () => {
  process.env['PATH'] = searched;
  await folder[Symbol.asyncDispose]();
});

async function program(name: string, script: string): Promise<void> {
  const file = join(path, 'bin', name);
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
}

function image(name: string, bytes: Buffer = IMAGE): Image {
  return {
    ...{ name: 'dom0', kind: 'dom0', path: name, sha256: sha256(bytes) },
    ...{ size: IMAGE.length, 'raw-size': IMAGE.length },
  };
}

describe('an image in a zstd file', () => {
  const name = 'root.img.zst';

  it('arrives; its zeros are what was there', async () => {
    await writeFile(join(path, name), IMAGE);
    await deployImage(path, image(name), device, () => undefined);
    const expected = [
      IMAGE.subarray(0, MIB),
      OLD.subarray(0, MIB),
      IMAGE.subarray(2 * MIB),
      OLD.subarray(3 * MIB),
    ];
    expect(Buffer.concat(expected).equals(await readFile(device))).toBe(true);
  });

  it.each([
    ['one bit is wrong', Buffer.concat([IMAGE.subarray(0, -1), Buffer.from('c')])],
    ['its end is missing', IMAGE.subarray(0, -MIB)],
    ['there is more of it', Buffer.concat([IMAGE, Buffer.alloc(MIB, 'c')])],
  ])('is refused by name when %s, and does not start', async (_, bytes) => {
    await writeFile(join(path, name), bytes);
    await expect(deployImage(path, image(name), device, () => undefined)).rejects.toMatchObject({
      kind: 'verification',
      code: 'medium.image',
      where: join(path, name),
    });
    expect((await readFile(device)).subarray(0, MIB).equals(Buffer.alloc(MIB))).toBe(true);
  });

  it('is no bad image when its unpacker dies: what died is named, and nothing starts', async () => {
    await program('zstd', 'head -c 100000; echo out of memory >&2; kill -9 $$');
    await writeFile(join(path, name), IMAGE);
    await expect(deployImage(path, image(name), device, () => undefined)).rejects.toMatchObject({
      kind: 'tool',
      code: 'deploy.write',
      where: device,
      got: expect.stringMatching(/^\d+ bytes; zstd ended with SIGKILL: out of memory$/) as string,
    });
    expect((await readFile(device)).subarray(0, MIB).equals(Buffer.alloc(MIB))).toBe(true);
  });

  it('is no bad image when there is no unpacker, or no room', async () => {
    await writeFile(join(path, name), IMAGE);
    await expect(deployImage(path, image(name), '/dev/full', () => undefined)).rejects.toMatchObject({
      code: 'deploy.write',
      got: expect.stringContaining('No space left on device') as string,
    });
    await rm(join(path, 'bin', 'zstd'));
    process.env['PATH'] = join(path, 'bin');
    await expect(deployImage(path, image(name), device, () => undefined)).rejects.toMatchObject({
      code: 'deploy.write',
      got: expect.stringContaining('spawn zstd ENOENT') as string,
    });
  });

  it('is refused when the medium does not give its bytes', async () => {
    await mkdir(join(path, name));
    await expect(deployImage(path, image(name), device, () => undefined)).rejects.toMatchObject({
      code: 'medium.image',
      got: expect.stringContaining('EISDIR') as string,
    });
  });
});

describe('an image in a squashfs', () => {
  const name = 'dom0.squashfs';
  const { bytes } = squashfsOf(Array.from({ length: 1500 }, () => ({ form: 'plain', fill: 5 })));

  it('arrives as the frames that it is of', async () => {
    await writeFile(join(path, name), bytes);
    const frames: Buffer[] = [];
    for await (const frame of fromSquashfs(join(path, name), createHash('sha256'))) frames.push(frame);
    const expected = Buffer.concat(frames);
    await deployImage(path, { ...image(name, bytes), 'raw-size': expected.length }, device, () => undefined);
    expect((await readFile(device)).subarray(0, expected.length).equals(expected)).toBe(true);
  });

  it.each([
    ['one bit of its index is wrong', bytes.length - 150],
    ['one bit of its blocks is wrong', 1000],
    ['it is none', 0],
  ])('is refused by name when %s, and does not start', async (_, at) => {
    const damaged = Buffer.from(bytes);
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    await writeFile(join(path, name), damaged);
    await expect(deployImage(path, image(name, bytes), device, () => undefined)).rejects.toMatchObject({
      kind: 'verification',
      code: 'medium.image',
      where: join(path, name),
    });
    expect((await readFile(device)).subarray(0, MIB).equals(Buffer.alloc(MIB))).toBe(true);
  });

  it('is refused when its index is another one the second time', async () => {
    await writeFile(join(path, name), bytes);
    const frames = fromSquashfs(join(path, name), createHash('sha256'));
    await frames.next();
    await using file = await open(join(path, name), 'r+');
    await file.write(Buffer.from([1, 0, 0, 0]), 0, 4, bytes.length - 150);
    const rest = async (): Promise<void> => {
      for await (const frame of frames) expect(frame.length).toBeGreaterThan(0);
    };
    await expect(rest()).rejects.toThrow('two readings of its index differ');
  });
});

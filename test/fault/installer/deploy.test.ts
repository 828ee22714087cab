import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../../core/digest.ts';
import { deployImage } from '../../../edge/deploy.ts';
import type { Image } from '../../../installer/medium/manifest.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const MIB = 2 ** 20;
const IMAGE = Buffer.concat([Buffer.alloc(MIB, 'a'), Buffer.alloc(MIB), Buffer.alloc(MIB, 'b')]);
const OLD = Buffer.alloc(4 * MIB, 'o');

let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
let path: string;
let device: string;
const searched = process.env['PATH'];

/** Stand-ins for the unpackers that print the image as it is: what is tested here is what we do with its bytes. */
beforeEach(async () => {
  folder = await temporaryDirectory();
  path = folder.path;
  device = join(path, 'device');
  await writeFile(device, OLD);
  await mkdir(join(path, 'bin'));
  await program('zstd', 'exec cat');
  await program('unsquashfs', 'exec cat "$2"');
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

function image(name: string): Image {
  return {
    ...{ name: 'dom0', kind: 'dom0', path: name, sha256: sha256(IMAGE) },
    ...{ size: IMAGE.length, 'raw-size': IMAGE.length },
  };
}

describe.each(['root.img.zst', 'dom0.squashfs'])('an image in %s', (name) => {
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

  it.each(['zstd', 'unsquashfs', 'dd'])('is refused when %s dies on the way', async (dies) => {
    await program(dies, 'head -c 100000 >/dev/null; kill -9 $$');
    await writeFile(join(path, name), IMAGE);
    const work = deployImage(path, image(name), device, () => undefined);
    const used = dies === 'dd' || (dies === 'zstd') === name.endsWith('.zst');
    if (used) await expect(work).rejects.toMatchObject({ code: 'medium.image' });
    else await work;
  });
});

import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { decompress } from '../../../builder/formats/decompress.ts';
import { inodesAsZstd, parseSquashedFile, parseSuperblock } from '../../../builder/formats/squashfs.ts';
import { sha256 } from '../../../core/digest.ts';
import { fromSquashfs } from '../../../edge/squashed-image.ts';
import { appErrorOf } from '../../support/only-app-errors.ts';
import { squashfsOf, type TestBlock } from '../../support/squashfs.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
let path: string;
beforeAll(async () => {
  folder = await temporaryDirectory();
  path = join(folder.path, 'image.squashfs');
});
afterAll(async () => {
  await folder[Symbol.asyncDispose]();
});

/** What zstd makes of the frames, and the hash of what was read for them. */
async function unpacked(): Promise<{ content: Buffer; digest: string }> {
  const hash = createHash('sha256');
  const content: Uint8Array[] = [];
  const frames = Readable.from(fromSquashfs(path, hash), { objectMode: true });
  for await (const chunk of decompress('zst', frames)) content.push(chunk);
  return { content: Buffer.concat(content), digest: hash.digest('hex') };
}

const block = fc.record<TestBlock>({
  form: fc.constantFrom('hole', 'plain', 'frame'),
  fill: fc.integer({ min: 1, max: 255 }),
});
const layout = fc.record({
  // Half of a block, so that a frame of it is not longer than a block.
  short: fc.integer({ min: 2048, max: 4095 }),
  options: fc.nat(20),
  compressTable: fc.boolean(),
  extended: fc.boolean(),
});

/** Frames of our own are longer than what they hold: only the short last block may be one. */
function fitting(blocks: readonly TestBlock[]): TestBlock[] {
  return blocks.map((one, index) =>
    one.form === 'frame' && index < blocks.length - 1 ? { ...one, form: 'plain' } : one,
  );
}

it('the file of a squashfs comes out whole, holes and all, and all of the squashfs is hashed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(block, { minLength: 1, maxLength: 600 }), layout, async (blocks, options) => {
      const { bytes, content } = squashfsOf(fitting(blocks), options);
      await writeFile(path, bytes);
      const found = await unpacked();
      expect(found.content.equals(content)).toBe(true);
      expect(found.digest).toBe(sha256(bytes));
    }),
    { numRuns: 150 },
  );
});

it('an index that was changed or cut is refused, or says the same or another file', () => {
  const { bytes } = squashfsOf(fitting(Array.from({ length: 40 }, () => ({ form: 'plain', fill: 9 }))));
  const superblock = parseSuperblock(bytes, 'image');
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), (at, flip, cut) => {
      const changed = Buffer.from(cut ? bytes.subarray(0, at) : bytes);
      if (!cut) changed[at] = (changed[at] ?? 0) ^ flip;
      const start = superblock.inodeTable.start;
      return [
        () => parseSuperblock(changed, 'image'),
        () => inodesAsZstd(changed.subarray(start), 'image'),
        () => parseSquashedFile(changed.subarray(start + 2), superblock, 'image'),
      ].every((parse) => refusesOrReads(parse));
    }),
    { numRuns: 3000 },
  );
});

function refusesOrReads(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'squashfs.layout';
  }
}

it.each([
  ['version 3.0', (bytes: Buffer) => bytes.writeUInt16LE(3, 28)],
  ['compressor 1', (bytes: Buffer) => bytes.writeUInt16LE(1, 20)],
  ['3 inodes', (bytes: Buffer) => bytes.writeUInt32LE(3, 4)],
  ['no squashfs', (bytes: Buffer) => bytes.writeUInt8(0, 0)],
])('another squashfs is refused by name: %s', async (got, change) => {
  const { bytes } = squashfsOf([{ form: 'plain', fill: 1 }]);
  change(bytes);
  await writeFile(path, bytes);
  expect(await appErrorOf(unpacked)).toMatchObject({ code: 'squashfs.layout', where: path, got });
});

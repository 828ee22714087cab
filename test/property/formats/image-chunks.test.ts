import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decompress } from '../../../builder/formats/decompress.ts';
import { ImageChunker } from '../../../builder/formats/image-chunks.ts';
import { zeroFrame } from '../../../builder/formats/zstd-frames.ts';

const BLOCK = 4096;

/** Blocks that differ, the same for the same seed; every seventh or so is zero. */
function content(seed: number, blocks: number): Buffer {
  const bytes = Buffer.alloc(blocks * BLOCK);
  let state = seed + 1;
  for (let block = 0; block < blocks; block++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    if (state % 7 === 0) continue;
    for (let at = 0; at < BLOCK; at += 64)
      bytes.writeUInt32LE((state ^ Math.imul(at + 1, 2_654_435_761)) >>> 0, block * BLOCK + at);
  }
  return bytes;
}

type Part = { readonly seed: number; readonly blocks: number } | { readonly zeros: number };
const part: fc.Arbitrary<Part> = fc.oneof(
  fc.record({ seed: fc.nat(1000), blocks: fc.integer({ min: 1, max: 1500 }) }),
  fc.record({ zeros: fc.integer({ min: 1, max: 200 }) }),
);

interface Pieces {
  readonly chunks: string[];
  readonly image: Buffer;
}

/** Feeds parts to a chunker, zeros as a hole or as bytes, `step` blocks at a time. */
function pieces(parts: readonly Part[], { holes, step }: { holes: boolean; step: number }): Pieces {
  const chunks: string[] = [];
  const image: Buffer[] = [];
  const chunker = new ImageChunker({
    chunk: (bytes) => {
      chunks.push(createHash('sha256').update(bytes).digest('hex'));
      image.push(Buffer.from(bytes));
    },
    zeros: (size) => {
      chunks.push(`zeros ${String(size)}`);
      image.push(Buffer.alloc(size));
    },
  });
  for (const one of parts) {
    if ('zeros' in one && holes) {
      chunker.skip(one.zeros * BLOCK);
      continue;
    }
    const bytes = 'zeros' in one ? Buffer.alloc(one.zeros * BLOCK) : content(one.seed, one.blocks);
    for (let at = 0; at < bytes.length; at += step * BLOCK)
      chunker.write(bytes.subarray(at, at + step * BLOCK));
  }
  chunker.end();
  return { chunks, image: Buffer.concat(image) };
}

const whole = (parts: readonly Part[]): Buffer =>
  Buffer.concat(
    parts.map((one) => ('zeros' in one ? Buffer.alloc(one.zeros * BLOCK) : content(one.seed, one.blocks))),
  );

describe('the chunks of an image', () => {
  it('are the image, however it arrives and whatever of it is a hole', () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), fc.integer({ min: 1, max: 300 }), (parts, step) => {
        const plain = pieces(parts, { holes: false, step });
        expect(plain.image.equals(whole(parts))).toBe(true);
        expect(pieces(parts, { holes: true, step: 256 }).chunks).toEqual(plain.chunks);
      }),
      { numRuns: 60 },
    );
  });

  it('stay mostly the same when something in the middle grows', () => {
    const [before, after] = [content(3, 20_000), content(4, 20_000)];
    const cut = (bytes: readonly Buffer[]): string[] => {
      const chunks: string[] = [];
      const chunker = new ImageChunker({
        chunk: (chunk) => chunks.push(createHash('sha256').update(chunk).digest('hex')),
        zeros: () => undefined,
      });
      for (const one of bytes) chunker.write(one);
      chunker.end();
      return chunks;
    };
    const old = new Set(cut([before, after]));
    const grown = cut([before, content(5, 3), after]);
    expect(grown.length).toBeGreaterThan(50);
    expect(grown.filter((chunk) => !old.has(chunk)).length).toBeLessThan(5);
  });

  it('have a last one that is no whole block', () => {
    const chunks: number[] = [];
    const chunker = new ImageChunker({
      chunk: (bytes) => chunks.push(bytes.length),
      zeros: (size) => chunks.push(-size),
    });
    chunker.write(Buffer.alloc(BLOCK + 5, 1));
    chunker.end();
    expect(chunks).toEqual([BLOCK + 5]);
  });
});

describe('a frame of zeros', () => {
  it('is unpacked to as many zeros, also behind another frame', async () => {
    const size = fc.oneof(fc.integer({ min: 1, max: 600_000 }), fc.constantFrom(131_072, 131_073, 262_144));
    await fc.assert(
      fc.asyncProperty(size, size, async (first, second) => {
        const source = Buffer.concat([zeroFrame(first), zeroFrame(second)]);
        let total = 0;
        for await (const chunk of decompress('zst', oneChunk(source))) {
          expect(chunk.every((byte) => byte === 0)).toBe(true);
          total += chunk.length;
        }
        expect(total).toBe(first + second);
      }),
      { numRuns: 50 },
    );
  });
});

async function* oneChunk(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

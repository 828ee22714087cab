import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decompress, type Compression } from '../../../builder/formats/decompress.ts';
import { sampleText, sampleXz, sampleZstd } from '../../support/compressed-samples.ts';
import { codeOfAsync, onlyAppErrorsAsync } from '../../support/only-app-errors.ts';

const SAMPLES: readonly (readonly [Compression, Buffer])[] = [
  ['none', Buffer.from(sampleText)],
  ['gz', gzipSync(sampleText)],
  ['xz', sampleXz],
  ['zst', sampleZstd],
];
const PACKED = SAMPLES.filter(([kind]) => kind !== 'none');

async function* pieces(bytes: Buffer, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length)
    yield await Promise.resolve(bytes.subarray(at, at + length));
}

async function unpack(kind: Compression, bytes: Buffer, length = 4096, maxBytes = Infinity): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of decompress(kind, pieces(bytes, length), { maxBytes })) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe.each(SAMPLES)('decompress %s', (kind, bytes) => {
  it.each([1, 7, 100_000])('gives the text back from pieces of %i bytes', async (length) => {
    expect(await unpack(kind, bytes, length)).toBe(sampleText);
  });

  it('passes over empty pieces', async () => {
    async function* withGaps(): AsyncGenerator<Uint8Array> {
      for await (const piece of pieces(bytes, 100)) {
        yield new Uint8Array(0);
        yield piece;
      }
    }
    let text = '';
    for await (const chunk of decompress(kind, withGaps())) text += Buffer.from(chunk).toString();
    expect(text).toBe(sampleText);
  });

  it('stops at the cap', async () => {
    expect(await unpack(kind, bytes, 4096, sampleText.length)).toBe(sampleText);
    expect(await codeOfAsync(() => unpack(kind, bytes, 4096, sampleText.length - 1))).toBe(
      'decompress.too-large',
    );
  });

  it('lets a failure of the source through', async () => {
    const failure = new Error('connection lost');
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(bytes.subarray(0, 50));
      throw failure;
    }
    const reading = (async () => {
      for await (const chunk of decompress(kind, failing())) expect(chunk.length).toBeGreaterThan(0);
    })();
    await expect(reading).rejects.toBe(failure);
  });

  it('closes the source when the reader stops, and works again afterwards', async () => {
    let closed = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield* pieces(bytes, 64);
      } finally {
        closed = true;
      }
    }
    for await (const chunk of decompress(kind, source())) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    expect(closed).toBe(true);
    expect(await unpack(kind, bytes)).toBe(sampleText);
  });

  it('serves several readers at once', async () => {
    const texts = await Promise.all([1, 2, 3].map((factor) => unpack(kind, bytes, 50 * factor)));
    expect(texts).toEqual([sampleText, sampleText, sampleText]);
  });
});

describe.each(PACKED)('damaged %s data', (kind, bytes) => {
  it('are refused wherever they are cut', async () => {
    for (let end = 0; end < bytes.length; end += Math.ceil(bytes.length / 150)) {
      expect(await codeOfAsync(() => unpack(kind, bytes.subarray(0, end))), `cut at ${end}`).toBe(
        'decompress.corrupt',
      );
    }
  });

  it('are refused when a byte is changed, or give the same text', async () => {
    for (let place = 0; place < bytes.length; place += Math.ceil(bytes.length / 300)) {
      const damaged = Buffer.from(bytes);
      damaged[place] = (damaged[place] ?? 0) ^ 0x55;
      let text = sampleText;
      const code = await onlyAppErrorsAsync(async () => {
        text = await unpack(kind, damaged);
      });
      if (code !== undefined) expect(code).toBe('decompress.corrupt');
      // The script that unpacks zstd where Node cannot does not read the checksum.
      else if (kind !== 'zst') expect(text, `byte ${place}`).toBe(sampleText);
    }
  });

  it('are refused when something else follows', async () => {
    const longer = Buffer.concat([bytes, Buffer.from('garbage!garbage!')]);
    expect(await codeOfAsync(() => unpack(kind, longer))).toBe('decompress.corrupt');
  });

  it('are refused when they are of another kind', async () => {
    expect(await codeOfAsync(() => unpack(kind, Buffer.from(sampleText)))).toBe('decompress.corrupt');
  });

  it('may be several streams, one after the other', async () => {
    expect(await unpack(kind, Buffer.concat([bytes, bytes]), 777)).toBe(sampleText + sampleText);
  });
});

import fc from 'fast-check';
import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { sha256 } from '../../../core/digest.ts';
import { openStore } from '../../../builder/store/store.ts';
import { onlyAppErrorsAsync } from '../../support/only-app-errors.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

test('any bytes in any pieces come back as they went in; wrong expectations leave nothing', async () => {
  await using dir = await temporaryDirectory();
  await using store = await openStore(dir.path);
  async function* stream(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
    for (const piece of pieces) yield await Promise.resolve(piece);
  }
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array()), fc.integer({ min: -2, max: 2 }), async (pieces, off) => {
      const whole = Buffer.concat(pieces);
      const expected = { size: whole.length + off, sha256: sha256(whole), where: 'x' };
      const code = await onlyAppErrorsAsync(() => store.putStream(stream(pieces), expected));
      expect(code).toBe(off === 0 ? undefined : 'chain.file');
      if (off === 0) expect((await store.read(expected)).equals(whole)).toBe(true);
      expect(await readdir(store.temporaryDirectory)).toEqual([]);
    }),
    { numRuns: 150 },
  );
});

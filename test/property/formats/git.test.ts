import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { Pack } from '../../../builder/formats/git/pack.ts';
import { parsePackAnswer } from '../../../builder/formats/git/protocol.ts';
import { treeAsTar, treeIdOfTar } from '../../../builder/formats/git/tree-tar.ts';
import { mutated } from '../../support/arbitraries.ts';
import { sampleRepository, writePack, type SampleRepository } from '../../support/git-samples.ts';
import { onlyAppErrors } from '../../support/only-app-errors.ts';
import { makeTestKey, type TestKey } from '../../support/test-keys.ts';

let key: TestKey;
let sample: SampleRepository;
beforeAll(async () => {
  key = await makeTestKey();
  sample = await sampleRepository({ a: 'x'.repeat(400), b: `${'x'.repeat(400)}y`, 'c/d': '->a' }, { key });
});

describe('packs of git', () => {
  it('throw only errors of ours when they are damaged, also with a checksum that fits', () => {
    fc.assert(
      fc.property(
        fc
          .constantFrom('offset', 'id', 'none' as const)
          .chain((deltas) =>
            mutated(fc.constant(writePack(sample.objects, 'sha1', deltas).subarray(0, -20))),
          ),
        (bytes) => {
          const sealed = Buffer.concat([bytes, createHash('sha1').update(bytes).digest()]);
          onlyAppErrors(() => {
            const pack = new Pack(sealed, 'sha1', 'x');
            return [...treeAsTar(pack, sample.tree, { hash: 'sha1', mtime: 0, where: 'x' })];
          });
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('come out of any answer or are refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const answer = Buffer.concat([Buffer.from('000dpackfile\n'), Buffer.from(bytes)]);
        onlyAppErrors(() => new Pack(parsePackAnswer(answer, 'x'), 'sha1', 'x'));
      }),
      { numRuns: 2000 },
    );
  });

  it('make a tar that has the id of the tree, whatever is in it', async () => {
    const name = fc
      .stringMatching(/^[a-zA-Z0-9._ äß-]{1,120}$/)
      .filter((text) => !/^\.{1,2}$|^\.git$/i.test(text));
    const files = fc.dictionary(
      name,
      fc.string({ maxLength: 700 }).map((text) => (text === '->' ? '' : text)),
      {
        maxKeys: 8,
      },
    );
    await fc.assert(
      fc.asyncProperty(files, files, async (top, inner) => {
        const nested = Object.fromEntries(
          Object.entries(inner).map(([path, text]) => [`+dir/${path}`, text]),
        );
        const { objects, tree } = await sampleRepository(
          Object.fromEntries(
            Object.entries({ ...top, ...nested }).filter(([, text]) => !/^->.*\0/s.test(text)),
          ),
          { key },
        );
        const pack = new Pack(writePack(objects, 'sha1', 'offset'), 'sha1', 'x');
        const tar = async function* (): AsyncGenerator<Buffer> {
          yield* await Promise.resolve(treeAsTar(pack, tree, { hash: 'sha1', mtime: 0, where: 'x' }));
        };
        expect(await treeIdOfTar(tar(), 'sha1', 'x')).toBe(tree);
      }),
      { numRuns: 200 },
    );
  });
});

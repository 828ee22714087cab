import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareEvr, parseEvr, printEvr } from '../../../builder/formats/rpm-version.ts';
import { readMetalink } from '../../../builder/formats/metalink.ts';
import { readPrimary } from '../../../builder/formats/primary.ts';
import { readRepomd } from '../../../builder/formats/repomd.ts';
import { readFiles } from '../../../builder/formats/rpm/files.ts';
import { RpmHeader } from '../../../builder/formats/rpm/header.ts';
import { writeHeader } from '../../../builder/formats/rpm/header-write.ts';
import { readIdentity } from '../../../builder/formats/rpm/identity.ts';
import { readRpm } from '../../../builder/formats/rpm/package.ts';
import { writeRpm, writeRpmParts } from '../../../builder/formats/rpm/package-write.ts';
import { readZchunk } from '../../../builder/formats/zchunk.ts';
import { mutated, oneOf } from '../../support/arbitraries.ts';
import { onlyAppErrors, onlyAppErrorsAsync } from '../../support/only-app-errors.ts';
import { metalinkText, primaryText, repomdText, zchunkSample } from '../../support/repository-samples.ts';
import { collect, inPieces, sampleSpec } from '../../support/rpm-samples.ts';

const header = writeRpmParts(sampleSpec).header;
const evr = fc
  .tuple(fc.constantFrom('', '0:', '3:'), fc.string({ unit: oneOf('01a.~^_+'), minLength: 1, maxLength: 8 }))
  .map(([epoch, version]) => parseEvr(`${epoch}${version}-1`)!);

describe('RPM headers', () => {
  it('give values or errors of ours, whatever is changed', () => {
    fc.assert(
      fc.property(mutated(fc.constant(header)), (bytes) => {
        onlyAppErrors(() => {
          const read = new RpmHeader(bytes, 'main', 'x.rpm');
          for (const tag of read.tags) {
            onlyAppErrors(() => read.strings(tag));
            onlyAppErrors(() => read.numbers(tag));
            onlyAppErrors(() => read.binary(tag));
          }
          readIdentity(read, 'x.rpm');
          readFiles(read, 'x.rpm');
        });
      }),
      { numRuns: 3000 },
    );
  });

  it('read back what was written', () => {
    const value = fc.oneof(
      fc
        .array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1 })
        .map((list) => ({ type: 'int16' as const, value: list })),
      fc
        .array(fc.integer({ min: 0, max: 0xffffffff }), { minLength: 1 })
        .map((list) => ({ type: 'int32' as const, value: list })),
      fc.array(fc.maxSafeNat(), { minLength: 1 }).map((list) => ({ type: 'int64' as const, value: list })),
      fc
        .array(fc.string({ unit: oneOf('abcö/') }), { minLength: 1 })
        .map((list) => ({ type: 'strings' as const, value: list })),
    );
    const content = fc.dictionary(fc.integer({ min: 1000, max: 6000 }).map(String), value, { minKeys: 1 });
    fc.assert(
      fc.property(content, (record) => {
        const entries = Object.entries(record).map(([tag, one]) => [Number(tag), one] as const);
        const read = new RpmHeader(writeHeader('main', new Map(entries)), 'main', 'x.rpm');
        for (const [tag, one] of entries) {
          expect(one.type === 'strings' ? read.strings(tag) : read.numbers(tag)).toEqual(one.value);
        }
      }),
    );
  });
});

describe('RPM packages', () => {
  it('give their head or errors of ours, whatever is changed', async () => {
    await fc.assert(
      fc.asyncProperty(mutated(fc.constant(writeRpm(sampleSpec))), async (bytes) => {
        await onlyAppErrorsAsync(() => readRpm(inPieces(bytes), 'x.rpm'));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('repository metadata', () => {
  it.each<[string, Buffer, (bytes: AsyncIterable<Uint8Array>) => Promise<unknown>]>([
    ['repomd.xml', Buffer.from(repomdText), (bytes) => readRepomd(bytes, 'x')],
    ['a metalink', Buffer.from(metalinkText), (bytes) => readMetalink(bytes, 'repomd.xml', 'x')],
    ['primary.xml', Buffer.from(primaryText), (bytes) => collect(readPrimary(bytes, 'x'))],
  ])('gives %s or errors of ours, whatever is changed', async (_, original, read) => {
    await fc.assert(
      fc.asyncProperty(mutated(fc.constant(original)), async (bytes) => {
        await onlyAppErrorsAsync(() => read(inPieces(bytes, 100)));
      }),
      { numRuns: 500 },
    );
  });

  it('gives zchunk or errors of ours, whatever is changed', async () => {
    await fc.assert(
      fc.asyncProperty(mutated(fc.constant(zchunkSample)), async (bytes) => {
        await onlyAppErrorsAsync(() => collect(readZchunk(bytes, 'x')));
      }),
      { numRuns: 500 },
    );
  });
});

describe('the order of EVRs', () => {
  it('is total: antisymmetric and transitive', () => {
    fc.assert(
      fc.property(evr, evr, evr, (a, b, c) => {
        expect(compareEvr(b, a)).toBe(0 - compareEvr(a, b) || 0);
        if (compareEvr(a, b) <= 0 && compareEvr(b, c) <= 0) expect(compareEvr(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });

  it('reads what it prints', () => {
    fc.assert(
      fc.property(evr, (one) => {
        expect(parseEvr(printEvr(one))).toEqual(one);
      }),
    );
  });
});

import fc from 'fast-check';
import { pack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { parsePax, paxRecord } from '../../../builder/formats/pax.ts';
import { checkEntry, newTarSafety } from '../../../builder/formats/tar-safety.ts';
import { tarHeader } from '../../../builder/formats/tar-write.ts';
import { mutated } from '../../support/arbitraries.ts';
import { onlyAppErrors } from '../../support/only-app-errors.ts';
import { scan, tarArchive, tarSample } from '../../support/tar-samples.ts';

const samples = fc.array(tarSample, { maxLength: 6 });

describe('tar', () => {
  it('reads back every entry that it writes, however the bytes are cut', () => {
    fc.assert(
      fc.property(samples, fc.integer({ min: 1, max: 2000 }), (written, pieceLength) => {
        const found = scan(tarArchive(written), pieceLength);
        const plain = found.map(({ entry, content }) => {
          const { headerOffset, dataOffset, ...rest } = entry;
          expect(dataOffset - headerOffset).toBeGreaterThanOrEqual(512);
          return { entry: rest, content };
        });
        expect(plain).toEqual(written);
      }),
      { numRuns: 1000 },
    );
  });

  it('knows where each entry and its content lie', () => {
    fc.assert(
      fc.property(samples, (written) => {
        const archive = tarArchive(written);
        let end = 0;
        for (const { entry, content } of scan(archive)) {
          expect(entry.headerOffset).toBe(end);
          expect(archive.subarray(entry.dataOffset, entry.dataOffset + entry.size)).toEqual(content);
          end = entry.dataOffset + Math.ceil(entry.size / 512) * 512;
        }
        expect(end).toBe(archive.length - 1024);
      }),
      { numRuns: 500 },
    );
  });

  it('reads what another writer wrote', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            name: fc.stringMatching(/^[a-zé]{1,60}(\/[a-zé]{1,120}){0,3}$/),
            content: fc.string({ maxLength: 1200 }),
          }),
          { maxLength: 5 },
        ),
        async (files) => {
          const writer = pack();
          for (const { name, content } of files)
            writer.entry({ name, mtime: new Date(5000), mode: 0o640 }, content);
          writer.finalize();
          const chunks: Buffer[] = [];
          for await (const chunk of writer) chunks.push(chunk as Buffer);
          const found = scan(Buffer.concat(chunks), 700);
          expect(
            found.map(({ entry, content }) => ({ name: entry.path, content: content.toString() })),
          ).toEqual(files);
          expect(found.every(({ entry }) => entry.mode === 0o640 && entry.mtime === 5)).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('writes the same bytes for the same entry, whatever the order of attributes', () => {
    fc.assert(
      fc.property(tarSample, ({ entry }) => {
        const turned = { ...entry, xattrs: new Map([...(entry.xattrs ?? [])].reverse()) };
        expect(tarHeader(turned)).toEqual(tarHeader(entry));
      }),
      { numRuns: 200 },
    );
  });

  it('throws nothing but our errors on damaged archives, also behind the safety check', () => {
    const codes = new Set<string | undefined>();
    fc.assert(
      fc.property(
        mutated(samples.map(tarArchive)),
        fc.integer({ min: 1, max: 4096 }),
        (archive, pieceLength) => {
          const code = onlyAppErrors(() => {
            const state = newTarSafety();
            for (const { entry } of scan(archive, pieceLength)) onlyAppErrors(() => checkEntry(entry, state));
          });
          codes.add(code);
        },
      ),
      { numRuns: 3000 },
    );
    expect(codes).toContain('tar.checksum');
    expect(codes).toContain('tar.truncated');
  });

  it('notices every cut before the end mark', () => {
    fc.assert(
      fc.property(samples, fc.nat(), (written, place) => {
        const archive = tarArchive(written);
        const cut = place % (archive.length - 1023);
        expect(onlyAppErrors(() => scan(archive.subarray(0, cut)))).toBe('tar.truncated');
      }),
      { numRuns: 1000 },
    );
  });

  it('notices a changed bit of a header', () => {
    fc.assert(
      fc.property(tarSample, fc.nat(511), fc.nat(7), (sample, byte, bit) => {
        const archive = tarArchive([sample]);
        archive[byte] = (archive[byte] ?? 0) ^ (1 << bit);
        // The checksum field is outside of its own sum, and the same number can be written in several ways.
        if (byte < 148 || byte > 155) expect(onlyAppErrors(() => scan(archive))).toMatch(/^(tar|pax)\./);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('PAX records', () => {
  it('count their own length', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{1,20}$/), fc.uint8Array({ maxLength: 1100 }), (key, value) => {
        const record = paxRecord(key, value);
        expect(Number.parseInt(record.toString('latin1'), 10)).toBe(record.length);
        const name = `SCHILY.xattr.user.${key}`;
        expect(parsePax(paxRecord(name, value), 'f').xattrs.get(`user.${key}`)).toEqual(Buffer.from(value));
      }),
      { numRuns: 2000 },
    );
  });

  it('throw nothing but our errors', () => {
    const text = Buffer.from('30 mtime=1350244992.023960108\n20 path=abcdefghijk\n');
    fc.assert(
      fc.property(
        fc.oneof(
          mutated(fc.constant(text)),
          fc.uint8Array().map((b) => Buffer.from(b)),
        ),
        (data) => {
          onlyAppErrors(() => parsePax(data, 'f'));
        },
      ),
      { numRuns: 3000 },
    );
  });
});

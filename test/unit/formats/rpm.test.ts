import { describe, expect, it } from 'vitest';
import { RpmHeader } from '../../../builder/formats/rpm/header.ts';
import { writeHeader } from '../../../builder/formats/rpm/header-write.ts';
import { printNevra, readIdentity } from '../../../builder/formats/rpm/identity.ts';
import { readFiles } from '../../../builder/formats/rpm/files.ts';
import { readRpm } from '../../../builder/formats/rpm/package.ts';
import { writeRpm } from '../../../builder/formats/rpm/package-write.ts';
import { TAG } from '../../../builder/formats/rpm/tags.ts';
import { codeOf, codeOfAsync } from '../../support/only-app-errors.ts';
import { inPieces, sampleSpec } from '../../support/rpm-samples.ts';

const sample = writeRpm(sampleSpec);

describe('reading a package', () => {
  it.each([1, 7, 96, 100_000])('gives the same in pieces of %i bytes', async (size) => {
    const { header, payload, range } = await readRpm(inPieces(sample, size), 'sample.rpm');
    expect(printNevra(readIdentity(header, 'sample.rpm'))).toBe('sample-1.0~rc1-2.fc43.noarch');
    const chunks: Uint8Array[] = [];
    for await (const chunk of payload) chunks.push(chunk);
    expect(Buffer.concat(chunks)).toEqual(sample.subarray(range.end));
    expect(sample.subarray(range.start, range.end)).toEqual(Buffer.from(header.bytes));
  });

  it('lists its files in order with kinds, modes and targets', async () => {
    const { header } = await readRpm(inPieces(sample), 'sample.rpm');
    const files = readFiles(header, 'sample.rpm').map(({ path, mode, linkTarget, flags }) => [
      path,
      mode.toString(8),
      linkTarget,
      flags,
    ]);
    expect(files).toEqual([
      ['/etc/sample.conf', '100600', '', 17],
      ['/usr/share/sample', '40755', '', 0],
      ['/usr/share/sample/link', '120777', 'text', 0],
      ['/usr/share/sample/text', '100644', '', 0],
    ]);
  });

  it('depends on nothing but its description', () => {
    expect(writeRpm({ ...sampleSpec, files: [...sampleSpec.files].reverse() })).toEqual(sample);
  });

  it.each([
    ['no package at all', Buffer.from('hello'), 'rpm.lead'],
    ['an end inside the signature header', sample.subarray(0, 150), 'rpm.truncated'],
    ['an end inside the main header', sample.subarray(0, 700), 'rpm.truncated'],
  ])('refuses %s', async (_, bytes, code) => {
    expect(await codeOfAsync(() => readRpm(inPieces(bytes), 'sample.rpm'))).toBe(code);
  });
});

describe('a header', () => {
  const good = writeHeader(
    'main',
    new Map([
      [TAG.name, { type: 'string', value: 'x' }],
      [TAG.fileSizes, { type: 'int32', value: [1, 0xffffffff] }],
      [TAG.longSize, { type: 'int64', value: [2 ** 40] }],
    ]),
  );
  const read = (change: (bytes: Buffer) => void): RpmHeader => {
    const bytes = Buffer.from(good);
    change(bytes);
    return new RpmHeader(bytes, 'main', 'x.rpm');
  };
  /** Where field `field` (tag, type, offset, count) of index entry `entry` stands. */
  const at = (entry: number, field: number): number => 16 + entry * 16 + field * 4;

  it('gives values by type', () => {
    const header = read(() => undefined);
    expect(header.numbers(TAG.fileSizes)).toEqual([1, 0xffffffff]);
    expect(header.number(TAG.longSize)).toBe(2 ** 40);
    expect(header.string(TAG.name)).toBe('x');
    expect(header.tags).toEqual([TAG.name, TAG.fileSizes, TAG.longSize]);
    expect(codeOf(() => header.string(TAG.fileSizes))).toBe('rpm.header');
  });

  it.each<[string, (bytes: Buffer) => void]>([
    ['another magic number', (bytes) => bytes.writeUInt8(0, 0)],
    ['more entries than there are', (bytes) => bytes.writeUInt32BE(5, 8)],
    ['a first tag that is not the region', (bytes) => bytes.writeUInt32BE(62, at(0, 0))],
    ['a region that leaves an entry out', (bytes) => bytes.writeInt32BE(-48, bytes.length - 8)],
    ['a region that ends before the store', (bytes) => bytes.writeUInt32BE(0, at(0, 2))],
    ['a value behind the store', (bytes) => bytes.writeUInt32BE(1 << 20, at(1, 2))],
    ['a value that overlaps the one before', (bytes) => bytes.writeUInt32BE(0, at(2, 2))],
    ['an integer that is not aligned', (bytes) => bytes.writeUInt32BE(5, at(2, 2))],
    ['a string that does not end', (bytes) => bytes.fill(0x41, at(4, 0))],
    ['a type that does not exist', (bytes) => bytes.writeUInt32BE(10, at(1, 1))],
    ['the same tag twice', (bytes) => bytes.writeUInt32BE(TAG.name, at(2, 0))],
    ['a count of zero', (bytes) => bytes.writeUInt32BE(0, at(2, 3))],
  ])('is refused with %s', (_, change) => {
    expect(codeOf(() => read(change))).toBe('rpm.header');
  });
});

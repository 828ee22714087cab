import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomAccessTo } from '../../../builder/formats/ar.ts';
import { readIsoFile } from '../../../builder/formats/iso-files.ts';
import { codeOfAsync, onlyAppErrorsAsync } from '../../support/only-app-errors.ts';

const SECTOR = 2048;

/** A directory record with a Rock Ridge name (ECMA-119 §9.1, IEEE P1282 §4.1.4). */
function record(name: string, sector: number, size: number, isDirectory = false): Buffer {
  const short = Buffer.from('X;1');
  const extra = Buffer.concat([Buffer.from('NM'), Buffer.from([5 + name.length, 1, 0]), Buffer.from(name)]);
  const head = Buffer.alloc(33);
  head.writeUInt32LE(sector, 2);
  head.writeUInt32LE(size, 10);
  head[25] = isDirectory ? 2 : 0;
  head[32] = short.length;
  const bytes = Buffer.concat([head, short, extra]);
  bytes[0] = bytes.length;
  return bytes;
}

/** `a.txt`, and `live/b.json` whose directory goes over two sectors. */
function medium(): Buffer {
  const bytes = Buffer.alloc(24 * SECTOR);
  bytes.write('\x01CD001', 16 * SECTOR, 'latin1');
  record('', 18, SECTOR, true).copy(bytes, 16 * SECTOR + 156);
  Buffer.concat([record('a.txt', 21, 5), record('live', 19, 2 * SECTOR, true)]).copy(bytes, 18 * SECTOR);
  record('other', 21, 5).copy(bytes, 19 * SECTOR);
  record('b.json', 22, SECTOR + 3).copy(bytes, 20 * SECTOR);
  bytes.write('hello', 21 * SECTOR);
  bytes.write('end', 23 * SECTOR);
  return bytes;
}

const read = (bytes: Buffer, path: string, maxBytes = 10_000): Promise<Buffer> =>
  readIsoFile(randomAccessTo(bytes), path, { where: 'x.iso', maxBytes });

describe('readIsoFile', () => {
  it('finds files by their Rock Ridge names, also below a directory of two sectors', async () => {
    expect((await read(medium(), 'a.txt')).toString()).toBe('hello');
    const file = await read(medium(), 'live/b.json');
    expect([file.length, file.toString('latin1', SECTOR)]).toEqual([SECTOR + 3, 'end']);
  });

  it.each([
    ['none', 'iso.no-file'],
    ['a.txt/b', 'iso.no-file'],
    ['live', 'iso.file'],
  ])('%s is refused', async (path, code) => {
    expect(await codeOfAsync(() => read(medium(), path))).toBe(code);
  });

  it('refuses what is no medium, is cut short, or larger than allowed', async () => {
    expect(await codeOfAsync(() => read(Buffer.alloc(20 * SECTOR), 'a.txt'))).toBe('iso.descriptor');
    expect(await codeOfAsync(() => read(medium().subarray(0, 23 * SECTOR), 'live/b.json'))).toBe(
      'iso.truncated',
    );
    expect(await codeOfAsync(() => read(medium(), 'live/b.json', 100))).toBe('iso.file');
  });

  it('fails only with errors of ours, whatever the bytes are', async () => {
    const change = fc.tuple(fc.integer({ min: 16 * SECTOR, max: 21 * SECTOR }), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 6 }), async (changes) => {
        const bytes = medium();
        for (const [at, value] of changes) bytes[at] = value;
        await onlyAppErrorsAsync(() => read(bytes, 'live/b.json'));
      }),
      { numRuns: 2000 },
    );
  });
});

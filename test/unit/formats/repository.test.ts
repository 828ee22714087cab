import { describe, expect, it } from 'vitest';
import { readMetalink } from '../../../builder/formats/metalink.ts';
import { readPrimary } from '../../../builder/formats/primary.ts';
import { readRepomd } from '../../../builder/formats/repomd.ts';
import { readZchunk } from '../../../builder/formats/zchunk.ts';
import { codeOfAsync } from '../../support/only-app-errors.ts';
import {
  digests,
  metalinkText,
  primaryText,
  repomdText,
  zchunkSample,
} from '../../support/repository-samples.ts';
import { collect, inPieces } from '../../support/rpm-samples.ts';

const pieces = (text: string): AsyncIterable<Uint8Array> => inPieces(Buffer.from(text), 17);

describe('repomd.xml', () => {
  const read = (text: string): ReturnType<typeof readRepomd> => readRepomd(pieces(text), 'repomd.xml');

  it('gives its records, its revision and its newest time', async () => {
    const { records, revision, timestamp } = await read(repomdText);
    expect([...records.keys()]).toEqual(['primary', 'primary_zck']);
    expect({ revision, timestamp }).toEqual({ revision: 1_700_000_001, timestamp: 1_700_000_002 });
    expect(records.get('primary')).toEqual({
      type: 'primary',
      location: `repodata/${digests.primary}-primary.xml.zst`,
      checksum: { type: 'sha256', value: digests.primary },
      openChecksum: { type: 'sha256', value: digests.open },
      size: 134,
      openSize: 167,
    });
  });

  it.each<[string, string, string]>([
    ['a weak checksum', repomdText.replaceAll('"sha256"', '"sha"'), 'repomd.malformed'],
    ['a record that stands twice', repomdText.replace('primary_zck', 'primary'), 'repomd.malformed'],
    ['no records', repomdText.replaceAll('data', 'date'), 'repomd.malformed'],
    ['a way out of the repository', repomdText.replace('repodata/', '../repodata/'), 'repository.location'],
    ['an absolute path', repomdText.replace('repodata/', '/repodata/'), 'repository.location'],
    [
      'another host',
      repomdText.replace('href="', 'xml:base="http://evil.example/" href="'),
      'repository.location',
    ],
    ['an early end', repomdText.slice(0, -20), 'xml.malformed'],
    [
      'a document type declaration',
      repomdText.replace('<repomd', '<!DOCTYPE repomd [<!ENTITY a "b">]><repomd'),
      'xml.malformed',
    ],
  ])('is refused with %s', async (_, text, code) => {
    expect(await codeOfAsync(() => read(text))).toBe(code);
  });
});

describe('a metalink', () => {
  const read = (text: string): ReturnType<typeof readMetalink> =>
    readMetalink(pieces(text), 'repomd.xml', 'metalink');

  it('gives the digests that count, older states and addresses, best first', async () => {
    const { file, alternates, urls } = await read(metalinkText);
    expect(file.checksums.map(({ type }) => type)).toEqual(['sha256', 'sha512']);
    expect(file.size).toBe(1234);
    expect(alternates).toHaveLength(1);
    expect(urls).toEqual([
      'https://one.example/repodata/repomd.xml',
      'http://two.example/repodata/repomd.xml',
    ]);
  });

  it.each<[string, string]>([
    ['only weak digests', metalinkText.replaceAll('"sha', '"old')],
    ['another file', metalinkText.replace('name="repomd.xml"', 'name="other"')],
    ['no address', metalinkText.replaceAll('http', 'gopher')],
  ])('is refused with %s', async (_, text) => {
    expect(await codeOfAsync(() => read(text))).toBe('metalink.malformed');
  });
});

describe('primary.xml', () => {
  it('gives its packages', async () => {
    expect(await collect(readPrimary(pieces(primaryText), 'primary.xml'))).toEqual([
      {
        name: 'sample',
        epoch: 1,
        version: '1.0~rc1',
        release: '2.fc43',
        architecture: 'noarch',
        checksum: { type: 'sha256', value: digests.package },
        location: 'Packages/s/sample-1.0~rc1-2.fc43.noarch.rpm',
        size: 2845,
        installedSize: 5000,
        sourceRpm: 'sample-1.0~rc1-2.fc43.src.rpm',
        license: 'MIT',
        summary: 'A <sample>',
      },
    ]);
  });

  it('leaves out what is not wanted', async () => {
    expect(await collect(readPrimary(pieces(primaryText), 'primary.xml', () => false))).toEqual([]);
  });

  it('is refused with a weak checksum', async () => {
    const text = primaryText.replace('"sha256"', '"sha"');
    expect(await codeOfAsync(() => collect(readPrimary(pieces(text), 'x')))).toBe('primary.malformed');
  });
});

describe('zchunk', () => {
  it('unpacks its pieces', async () => {
    const text = Buffer.concat(await collect(readZchunk(zchunkSample, 'x.zck'))).toString();
    expect(text).toContain('foobar foobar');
  });

  it('is refused when a piece or the header has changed', async () => {
    const changed = (at: number): Buffer => {
      const copy = Buffer.from(zchunkSample);
      copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
      return copy;
    };
    expect(await codeOfAsync(() => collect(readZchunk(changed(zchunkSample.length - 3), 'x')))).toBe(
      'zchunk.piece',
    );
    expect(await codeOfAsync(() => collect(readZchunk(changed(60), 'x')))).toBe('zchunk.malformed');
  });
});

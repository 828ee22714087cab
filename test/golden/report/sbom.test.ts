import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../core/digest.ts';
import { packageList, type ReportedImage } from '../../../builder/report/package-list.ts';
import { spdxDocument } from '../../../builder/report/sbom.ts';

function pkg(name: string, version: string): ReportedImage['packages'][number] {
  return {
    name,
    version,
    architecture: 'amd64',
    size: 100,
    sha256: sha256(name + version),
    path: `pool/main/${name}_${version}.deb`,
    repository: 'debian',
  };
}

const images: ReportedImage[] = [
  { name: 'dom0', family: 'debian', packages: [pkg('libstdc++6', '14.2.0-19'), pkg('bash', '5.2.37-2+b5')] },
  {
    name: 'template',
    family: 'debian',
    packages: [pkg('bash', '5.2.37-2+b5')],
    own: [
      {
        ...{ name: 'qubeforge-guest', version: '0.1.0+20260731.8a5edab2', architecture: 'amd64' },
        source: sha256('sources'),
      },
    ],
  },
];

const subject = {
  name: 'iso',
  created: 1_785_535_166,
  namespace: 'https://example.org/spdx',
  images,
};

describe('reports about the packages of an image', () => {
  it('are an SPDX 2.3 document with one entry a package', async () => {
    await expect(spdxDocument(subject)).toMatchFileSnapshot('iso.spdx.json');
  });

  it('relate only what the document has', () => {
    const document = JSON.parse(spdxDocument(subject)) as {
      packages: { SPDXID: string }[];
      relationships: { spdxElementId: string; relatedSpdxElement: string }[];
    };
    const ids = [...document.packages.map(({ SPDXID }) => SPDXID), 'SPDXRef-DOCUMENT'];
    expect(new Set(ids).size).toBe(ids.length);
    for (const { spdxElementId, relatedSpdxElement } of document.relationships) {
      expect(ids).toContain(spdxElementId);
      expect(ids).toContain(relatedSpdxElement);
    }
    for (const id of ids) expect(id).toMatch(/^SPDXRef-[A-Za-z0-9.-]+$/);
  });

  it('do not depend on the order of the packages', () => {
    const turned = images.map((image) => ({ ...image, packages: image.packages.toReversed() }));
    expect(packageList(turned)).toBe(packageList(images));
  });

  it('are a list for people and for grep', async () => {
    await expect(packageList(images)).toMatchFileSnapshot('iso.packages.txt');
  });
});

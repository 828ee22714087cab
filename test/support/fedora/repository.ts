import { gzipSync } from 'node:zlib';
import { sha256 } from '../../../core/digest.ts';
import {
  escapeXml,
  primaryXml,
  rpmMetadata,
  versionTag,
  type RpmListing,
} from '../../../builder/formats/primary-write.ts';
import type { RpmSpec } from '../../../builder/formats/rpm/package-write.ts';

/** A finished package with the description it was made from. */
export interface PublishedRpm {
  readonly spec: RpmSpec;
  readonly bytes: Buffer;
}

/** Where a package lies below its repository, as on Fedora's mirrors. */
export function rpmPath({ name, version, release, architecture }: RpmSpec): string {
  return `Packages/${name.slice(0, 1).toLowerCase()}/${name}-${version}-${release}.${architecture}.rpm`;
}

/**
 * Every file of an RPM repository by its path, as createrepo_c would lay it out: packages, `primary` and
 * `filelists` packed by gzip, `repomd.xml`. `timestamp` counts seconds since 1970.
 */
export function repositoryContent(packages: readonly PublishedRpm[], timestamp: number): Map<string, Buffer> {
  const content = new Map(packages.map(({ spec, bytes }) => [rpmPath(spec), bytes]));
  const lists = [
    ['primary', Buffer.from(primaryXml(packages.map(listing)))],
    [
      'filelists',
      Buffer.from(rpmMetadata('filelists', 'filelists', packages.length, packages.map(filelistsEntry))),
    ],
  ] as const;
  const records = lists.map(([type, text]) => {
    const packed = gzipSync(text);
    const path = `repodata/${sha256(packed)}-${type}.xml.gz`;
    content.set(path, packed);
    return `  <data type="${type}">
    <checksum type="sha256">${sha256(packed)}</checksum>
    <open-checksum type="sha256">${sha256(text)}</open-checksum>
    <location href="${path}"/>
    <timestamp>${timestamp}</timestamp>
    <size>${packed.length}</size>
    <open-size>${text.length}</open-size>
  </data>`;
  });
  const repomd = `<?xml version="1.0" encoding="UTF-8"?>
<repomd xmlns="http://linux.duke.edu/metadata/repo" xmlns:rpm="http://linux.duke.edu/metadata/rpm">
  <revision>${timestamp}</revision>
${records.join('\n')}
</repomd>
`;
  return content.set('repodata/repomd.xml', Buffer.from(repomd));
}

function listing({ spec, bytes }: PublishedRpm): RpmListing {
  const paths = spec.files.map(({ path }) => path).filter((path) => PRIMARY_FILE.test(path));
  return { spec, paths, sha256: sha256(bytes), size: bytes.length, location: rpmPath(spec) };
}

/** The files that createrepo_c lists in `primary`, besides `filelists`. */
const PRIMARY_FILE = /^(\/etc\/|\/usr\/lib\/sendmail$)|bin\//;

function filelistsEntry({ spec, bytes }: PublishedRpm): string {
  const files = spec.files.map((file) => {
    const kind = 'directory' in file ? ' type="dir"' : '';
    return `  <file${kind}>${escapeXml(file.path)}</file>`;
  });
  return `<package pkgid="${sha256(bytes)}" name="${escapeXml(spec.name)}" arch="${spec.architecture}">
  ${versionTag(spec)}
${files.join('\n')}
</package>`;
}

import { gzipSync } from 'node:zlib';
import { sha256 } from '../../../core/digest.ts';
import type { RpmDependency } from '../../../builder/formats/rpm/dependencies-write.ts';
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
    ['primary', listOf('metadata', 'common', packages, primaryEntry)],
    ['filelists', listOf('filelists', 'filelists', packages, filelistsEntry)],
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

function listOf(
  element: string,
  schema: string,
  packages: readonly PublishedRpm[],
  entry: (rpm: PublishedRpm) => string,
): Buffer {
  const namespaces = `xmlns="http://linux.duke.edu/metadata/${schema}" xmlns:rpm="http://linux.duke.edu/metadata/rpm"`;
  return Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>
<${element} ${namespaces} packages="${packages.length}">
${packages.map(entry).join('\n')}
</${element}>
`);
}

function primaryEntry({ spec, bytes }: PublishedRpm): string {
  const { name, version, release, versionEpoch = 0, epoch } = spec;
  const own: RpmDependency = { name, operator: '=', version: `${versionEpoch}:${version}-${release}` };
  const shells = Object.keys(spec.scripts ?? {}).length > 0 ? [{ name: '/bin/sh' }] : [];
  const files = spec.files.map(({ path }) => path).filter((path) => PRIMARY_FILE.test(path));
  return `<package type="rpm">
  <name>${escape(name)}</name>
  <arch>${spec.architecture}</arch>
  ${versionTag(spec)}
  <checksum type="sha256" pkgid="YES">${sha256(bytes)}</checksum>
  <summary>${escape(spec.summary)}</summary>
  <description>${escape(spec.description)}</description>
  <packager/>
  <url/>
  <time file="${epoch}" build="${epoch}"/>
  <size package="${bytes.length}" installed="${bytes.length}" archive="${bytes.length}"/>
  <location href="${escape(rpmPath(spec))}"/>
  <format>
    <rpm:license>${escape(spec.license)}</rpm:license>
    <rpm:vendor/>
    <rpm:group>Unspecified</rpm:group>
    <rpm:buildhost>reproducible</rpm:buildhost>
    <rpm:sourcerpm>${escape(`${name}-${version}-${release}.src.rpm`)}</rpm:sourcerpm>
    ${relation('provides', [own, ...(spec.provides ?? [])])}
    ${relation('requires', [...(spec.requires ?? []), ...shells])}
    ${relation('conflicts', spec.conflicts ?? [])}
${files.map((path) => `    <file>${escape(path)}</file>`).join('\n')}
  </format>
</package>`;
}

/** The files that createrepo_c lists in `primary`, besides `filelists`. */
const PRIMARY_FILE = /^(\/etc\/|\/usr\/lib\/sendmail$)|bin\//;

function filelistsEntry({ spec, bytes }: PublishedRpm): string {
  const files = spec.files.map((file) => {
    const kind = 'directory' in file ? ' type="dir"' : '';
    return `  <file${kind}>${escape(file.path)}</file>`;
  });
  return `<package pkgid="${sha256(bytes)}" name="${escape(spec.name)}" arch="${spec.architecture}">
  ${versionTag(spec)}
${files.join('\n')}
</package>`;
}

function versionTag({ versionEpoch = 0, version, release }: RpmSpec): string {
  return `<version epoch="${versionEpoch}" ver="${escape(version)}" rel="${escape(release)}"/>`;
}

const FLAGS = { '<': 'LT', '<=': 'LE', '=': 'EQ', '>=': 'GE', '>': 'GT' } as const;

function relation(kind: string, list: readonly RpmDependency[]): string {
  const entries = list.map(({ name, operator, version, before }) => {
    const early = before === undefined ? '' : ' pre="1"';
    if (operator === undefined || version === undefined) return `<rpm:entry name="${escape(name)}"${early}/>`;
    const [, epoch = '0', text, release] = /^(?:(\d+):)?([^-]+)(?:-(.+))?$/.exec(version) ?? [];
    const rel = release === undefined ? '' : ` rel="${escape(release)}"`;
    const evr = `epoch="${epoch}" ver="${escape(text ?? '')}"${rel}`;
    return `<rpm:entry name="${escape(name)}" flags="${FLAGS[operator]}" ${evr}${early}/>`;
  });
  return entries.length === 0 ? '' : `<rpm:${kind}>${entries.join('')}</rpm:${kind}>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.codePointAt(0) ?? 0};`);
}

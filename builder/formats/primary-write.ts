import type { RpmDependency } from './rpm/dependencies-write.ts';
import type { RpmSpec } from './rpm/package-write.ts';

/** A package as `primary.xml` lists it. */
export interface RpmListing {
  readonly spec: Omit<RpmSpec, 'files'>;
  /** Those of its files that the list names, absolute. */
  readonly paths: readonly string[];
  /** Of the package file, as a hexadecimal number. */
  readonly sha256: string;
  /** Of the package file, in bytes. */
  readonly size: number;
  /** Path below the repository. */
  readonly location: string;
}

/** The text of a `primary.xml` (createrepo_c's, without what no resolver asks for). */
export function primaryXml(packages: readonly RpmListing[]): string {
  return rpmMetadata('metadata', 'common', packages.length, packages.map(primaryEntry));
}

/** A document of RPM metadata around the entries of packages. */
export function rpmMetadata(
  element: string,
  schema: string,
  count: number,
  entries: readonly string[],
): string {
  const namespaces = `xmlns="http://linux.duke.edu/metadata/${schema}" xmlns:rpm="http://linux.duke.edu/metadata/rpm"`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<${element} ${namespaces} packages="${count}">
${entries.join('\n')}
</${element}>
`;
}

function primaryEntry({ spec, paths, sha256, size, location }: RpmListing): string {
  const { name, version, release, versionEpoch = 0, epoch } = spec;
  const own: RpmDependency = { name, operator: '=', version: `${versionEpoch}:${version}-${release}` };
  const relations = [
    relation('provides', [own, ...(spec.provides ?? [])]),
    relation('requires', [...(spec.requires ?? []), ...shellsOf(spec)]),
    relation('conflicts', spec.conflicts ?? []),
    ...paths.map((path) => `<file>${escapeXml(path)}</file>`),
  ];
  return `<package type="rpm">
  <name>${escapeXml(name)}</name>
  <arch>${spec.architecture}</arch>
  ${versionTag(spec)}
  <checksum type="sha256" pkgid="YES">${sha256}</checksum>
  <summary>${escapeXml(spec.summary)}</summary>
  <description>${escapeXml(spec.description)}</description>
  <packager/>
  <url/>
  <time file="${epoch}" build="${epoch}"/>
  <size package="${size}" installed="${size}" archive="${size}"/>
  <location href="${escapeXml(location)}"/>
  <format>
    <rpm:license>${escapeXml(spec.license)}</rpm:license>
    <rpm:vendor/>
    <rpm:group>Unspecified</rpm:group>
    <rpm:buildhost>reproducible</rpm:buildhost>
    <rpm:sourcerpm>${escapeXml(`${name}-${version}-${release}.src.rpm`)}</rpm:sourcerpm>
${relations.flatMap((line) => (line === '' ? [] : [`    ${line}\n`])).join('')}  </format>
</package>`;
}

/** What the scripts of a package need to be run. */
function shellsOf({ scripts = {} }: RpmListing['spec']): RpmDependency[] {
  return Object.keys(scripts).length > 0 ? [{ name: '/bin/sh' }] : [];
}

/** The element that names a version, in every list. */
export function versionTag({
  versionEpoch = 0,
  version,
  release,
}: Pick<RpmSpec, 'versionEpoch' | 'version' | 'release'>): string {
  return `<version epoch="${versionEpoch}" ver="${escapeXml(version)}" rel="${escapeXml(release)}"/>`;
}

const FLAGS = { '<': 'LT', '<=': 'LE', '=': 'EQ', '>=': 'GE', '>': 'GT' } as const;

function relation(kind: string, list: readonly RpmDependency[]): string {
  const entries = list.map(({ name, operator, version, before }) => {
    const early = before === undefined ? '' : ' pre="1"';
    if (operator === undefined || version === undefined)
      return `<rpm:entry name="${escapeXml(name)}"${early}/>`;
    const [, epoch = '0', text, release] = /^(?:(\d+):)?([^-]+)(?:-(.+))?$/.exec(version) ?? [];
    const rel = release === undefined ? '' : ` rel="${escapeXml(release)}"`;
    const evr = `epoch="${epoch}" ver="${escapeXml(text ?? '')}"${rel}`;
    return `<rpm:entry name="${escapeXml(name)}" flags="${FLAGS[operator]}" ${evr}${early}/>`;
  });
  return entries.length === 0 ? '' : `<rpm:${kind}>${entries.join('')}</rpm:${kind}>`;
}

/** Text for an element or an attribute. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.codePointAt(0) ?? 0};`);
}

import { digestOf } from '../../core/digest.ts';
import { sorted, type ReportedImage, type ReportedOwnPackage, type ReportedPackage } from './package-list.ts';

export interface SbomSubject {
  /** Name of the document, for example `iso`. */
  readonly name: string;
  /** SOURCE_DATE_EPOCH, seconds since 1970. */
  readonly created: number;
  /** Where documents of this project are named; the document's digest is appended. */
  readonly namespace: string;
  readonly images: readonly ReportedImage[];
}

/**
 * A software bill of materials as SPDX 2.3 JSON: the image, its parts, and each package with its hash and
 * package URL. The same subject gives the same bytes; the namespace is made of the content.
 */
export function spdxDocument(subject: SbomSubject): string {
  const { name, created, namespace, images } = subject;
  const root = { SPDXID: 'SPDXRef-Image', name, ...UNKNOWN, primaryPackagePurpose: 'OPERATING-SYSTEM' };
  const parts = images.map((image) => ({
    SPDXID: partId(image),
    name: image.name,
    ...UNKNOWN,
    primaryPackagePurpose: 'OPERATING-SYSTEM',
  }));
  // A package that is in two parts is one package.
  const packages = new Map(
    images.flatMap(({ packages, family }) =>
      sorted(packages).map((pkg): [string, object] => [
        packageId(pkg),
        describe(packageId(pkg), pkg, family),
      ]),
    ),
  );
  const own = new Map(images.flatMap((image) => image.own ?? []).map((pkg) => [ownId(pkg), pkg]));
  const document = {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name,
    documentNamespace: `${namespace}/${name}-${digestOf(subject)}`,
    creationInfo: {
      created: new Date(created * 1000).toISOString().replace('.000', ''),
      creators: ['Tool: qubeforge'],
    },
    packages: [root, ...parts, ...packages.values(), ...[...own].map(([id, pkg]) => describeOwn(id, pkg))],
    relationships: [
      relationship('SPDXRef-DOCUMENT', 'DESCRIBES', root.SPDXID),
      ...parts.map(({ SPDXID }) => relationship(root.SPDXID, 'CONTAINS', SPDXID)),
      ...images.flatMap((image) => [
        ...sorted(image.packages).map((pkg) => relationship(partId(image), 'CONTAINS', packageId(pkg))),
        ...(image.own ?? []).map((pkg) => relationship(partId(image), 'CONTAINS', ownId(pkg))),
      ]),
    ],
  };
  return `${JSON.stringify(document, null, 1)}\n`;
}

/** What SPDX wants said of a package and a lock does not know. */
const UNKNOWN = {
  downloadLocation: 'NOASSERTION',
  filesAnalyzed: false,
  licenseConcluded: 'NOASSERTION',
  licenseDeclared: 'NOASSERTION',
  copyrightText: 'NOASSERTION',
} as const;

function describe(id: string, pkg: ReportedPackage, family: ReportedImage['family']): object {
  return {
    SPDXID: id,
    name: pkg.name,
    versionInfo: pkg.version,
    packageFileName: pkg.path,
    ...UNKNOWN,
    checksums: [{ algorithm: 'SHA256', checksumValue: pkg.sha256 }],
    externalRefs: [
      {
        referenceCategory: 'PACKAGE-MANAGER',
        referenceType: 'purl',
        referenceLocator: packageUrl(pkg, family),
      },
    ],
  };
}

/** A package that was not downloaded but built, so that it has sources and no address. */
function describeOwn(id: string, { name, version, source }: ReportedOwnPackage): object {
  return {
    SPDXID: id,
    name,
    versionInfo: version,
    ...UNKNOWN,
    downloadLocation: 'NONE',
    sourceInfo: `built by this project from sources with the SHA-256 ${source}`,
  };
}

/** A package URL (purl-spec, types deb and rpm): name and version percent-encoded. */
function packageUrl(
  { name, version, architecture }: ReportedPackage,
  family: ReportedImage['family'],
): string {
  return `pkg:${PACKAGE_TYPES[family]}/${family}/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${architecture}`;
}

const PACKAGE_TYPES = { debian: 'deb', fedora: 'rpm' } as const;

function relationship(from: string, type: string, to: string): object {
  return { spdxElementId: from, relationshipType: type, relatedSpdxElement: to };
}

/** SPDX ids have letters, digits, dots and hyphens (SPDX 2.3 §3.2); the hash keeps them apart. */
function packageId({ name, sha256 }: ReportedPackage): string {
  return `SPDXRef-Package-${name.replace(/[^A-Za-z0-9.-]/g, '-')}-${sha256.slice(0, 16)}`;
}

function ownId({ name, source }: ReportedOwnPackage): string {
  return `SPDXRef-Own-${name}-${source.slice(0, 16)}`;
}

function partId({ name }: ReportedImage): string {
  return `SPDXRef-Part-${name.replace(/[^A-Za-z0-9.-]/g, '-')}`;
}

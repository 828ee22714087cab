/** A package in an image, as its lock has it. */
export interface ReportedPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** Bytes of the package file. */
  readonly size: number;
  readonly sha256: string;
  /** File below its repository's base. */
  readonly path: string;
  readonly repository: string;
}

/** A package that this project built, as a manifest has it. */
export interface ReportedOwnPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** Digest of its sources. */
  readonly source: string;
}

/** One part of an image, for example `dom0` or a template. */
export interface ReportedImage {
  readonly name: string;
  /** Of distributions: decides what its packages are. */
  readonly family: 'debian' | 'fedora';
  readonly packages: readonly ReportedPackage[];
  readonly own?: readonly ReportedOwnPackage[] | undefined;
}

/** The packages of an image as text: a section a part, a line a package, in the order of names. */
export function packageList(images: readonly ReportedImage[]): string {
  return images
    .map(({ name, packages, own = [] }) => {
      const lines = [
        ...sorted(packages).map((pkg) => `${pkg.name}\t${pkg.version}\t${pkg.architecture}\t${pkg.sha256}`),
        ...own.map((pkg) => `${pkg.name}\t${pkg.version}\t${pkg.architecture}\tsources ${pkg.source}`),
      ];
      return `# ${name}: ${lines.length} packages\n${lines.map((line) => `${line}\n`).join('')}`;
    })
    .join('\n');
}

/** Packages in the order of their names, then architectures. */
export function sorted(packages: readonly ReportedPackage[]): ReportedPackage[] {
  return packages.toSorted((a, b) => compare(a.name, b.name) || compare(a.architecture, b.architecture));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

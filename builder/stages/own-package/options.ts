import type { Artifact } from '../../graph/stage.ts';
import type { OwnPackageDefinition } from '../../recipe/own-package/definition.ts';

/** What a package of ours says in the words of one family of distributions. */
export type OwnFormat =
  | {
      readonly format: 'deb';
      readonly architecture: string;
      readonly section: string;
      /** Relationships, one each. */
      readonly depends: readonly string[];
    }
  | {
      readonly format: 'rpm';
      readonly architecture: 'noarch' | 'x86_64';
      readonly license: string;
      /** Requirements, one each. */
      readonly requires: readonly string[];
      /** Directories that belong to the package. */
      readonly directories: readonly string[];
    };

type OwnFormatOf<F extends OwnFormat['format']> = Extract<OwnFormat, { readonly format: F }>;

/** Everything that a package of ours says, with its files by their bytes. Part of the stage's options. */
export type OwnPackageOptions = OwnFormat & {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  /** Digest of all sources; the package carries it. */
  readonly source: string;
  readonly files: readonly OwnPackageFile[];
  readonly links: readonly { readonly path: string; readonly to: string }[];
};

/** The options of one format. */
export type OwnOptionsOf<F extends OwnFormat['format']> = Extract<OwnPackageOptions, { readonly format: F }>;

export interface OwnPackageFile {
  readonly target: string;
  readonly mode: string;
  /** Bytes in the store, or the name of an output of the compiling node. */
  readonly content: Artifact | { readonly output: string };
}

/** A package of ours as a .deb; undefined when its description has no part for Debian. */
export function debFormat({ architecture, debian }: OwnPackageDefinition): OwnFormatOf<'deb'> | undefined {
  return debian && { format: 'deb', architecture, ...debian };
}

/** The same as an .rpm, where the architectures have other names. */
export function rpmFormat({ architecture, fedora }: OwnPackageDefinition): OwnFormatOf<'rpm'> | undefined {
  return fedora && { format: 'rpm', architecture: architecture === 'all' ? 'noarch' : 'x86_64', ...fedora };
}

/**
 * The version of a package of ours: that of the project, the day of SOURCE_DATE_EPOCH, so that later builds are
 * newer, and the beginning of the digest of the sources, so that other bytes have another version. Both families
 * compare it alike; an .rpm has a release besides.
 */
export function ownPackageVersion(
  format: OwnFormat['format'],
  project: string,
  epoch: number,
  source: string,
): string {
  const day = new Date(epoch * 1000).toISOString().slice(0, 10).replaceAll('-', '');
  return `${project}+${day}.${source.slice(0, 8)}${format === 'rpm' ? '-1' : ''}`;
}

import type { DebFile, DebSpec } from '../../formats/deb-write.ts';
import type { Artifact } from '../../graph/stage.ts';

/** Everything that a package of ours says, with its files by their bytes. Part of the stage's options. */
export interface OwnPackageOptions {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly section: string;
  readonly description: string;
  /** Relationships, one each. */
  readonly depends: readonly string[];
  /** Digest of all sources; the package carries it. */
  readonly source: string;
  readonly files: readonly OwnPackageFile[];
  readonly links: readonly { readonly path: string; readonly to: string }[];
}

export interface OwnPackageFile {
  readonly target: string;
  readonly mode: string;
  /** Bytes in the store, or the name of an output of the compiling node. */
  readonly content: Artifact | { readonly output: string };
}

/** The control field that names the digest of the sources. */
export const SOURCE_FIELD = 'Qubeforge-Sources';

/**
 * A .deb of ours. What lies in /etc is a conffile (Debian Policy §10.7), so that an upgrade keeps what a user
 * changed. `contents` are the bytes of `options.files`, in their order; `epoch` is in seconds since 1970.
 */
export function ownPackageSpec(
  options: OwnPackageOptions,
  contents: readonly Uint8Array[],
  epoch: number,
): DebSpec {
  const { name, version, architecture, section, description, depends, source } = options;
  const files = options.files.map(({ target, mode }, index): DebFile => {
    return { path: target.slice(1), mode: parseInt(mode, 8), content: contents[index] ?? new Uint8Array() };
  });
  const links = options.links.map(({ path, to }): DebFile => ({ path: path.slice(1), linkname: to }));
  const conffiles = options.files
    .map(({ target }) => target)
    .filter((target) => target.startsWith('/etc/'))
    .sort();
  return {
    control: [
      ['Package', name],
      ['Version', version],
      ['Architecture', architecture],
      ['Maintainer', 'Qubeforge <packages@qubeforge.invalid>'],
      ...(depends.length === 0 ? [] : [['Depends', depends.join(', ')] as const]),
      ['Section', section],
      ['Priority', 'optional'],
      [SOURCE_FIELD, source],
      ['Description', description],
    ],
    ...(conffiles.length === 0 ? {} : { conffiles }),
    files: [...files, ...links],
    epoch,
  };
}

/**
 * The version of a package of ours: that of the project, the day of SOURCE_DATE_EPOCH, so that later builds are
 * newer, and the beginning of the digest of the sources, so that other bytes have another version.
 */
export function ownPackageVersion(project: string, epoch: number, source: string): string {
  const day = new Date(epoch * 1000).toISOString().slice(0, 10).replaceAll('-', '');
  return `${project}+${day}.${source.slice(0, 8)}`;
}

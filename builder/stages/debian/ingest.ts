import type { Sha256 } from '../../../core/digest.ts';
import { TAR_END, tarHeader, tarPadding } from '../../formats/tar-write.ts';
import {
  infoFiles,
  infoName,
  statusStanza,
  triggerInterests,
  type TriggerInterest,
} from './dpkg-database.ts';
import type { OpenedDeb } from './open-deb.ts';

/** Raised when what is kept of a package changes. */
export const INGEST_VERSION = 3;

/** What the rootfs stage needs to know of a package besides its files; kept in the store as JSON. */
export interface PackageFacts {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** Base name of its files in /var/lib/dpkg/info. */
  readonly infoName: string;
  /** Stanza for /var/lib/dpkg/status. */
  readonly status: string;
  readonly interests: readonly TriggerInterest[];
  /** Names of the control members, without `control`. */
  readonly members: readonly string[];
  readonly directories: readonly string[];
  /** Directories that directly hold something other than directories and symlinks. */
  readonly filledDirectories: readonly string[];
  readonly symlinks: readonly (readonly [path: string, target: string])[];
  /** Paths of the data archive, as /var/lib/dpkg/info lists them. */
  readonly paths: readonly string[];
}

/** A .deb to open: the blob must be the file that the lock names, and is checked to be. */
export interface IngestTask {
  /** Path of the .deb. */
  readonly deb: string;
  readonly size: number;
  readonly sha256: Sha256;
  /** Names the package in failures. */
  readonly where: string;
  /** Where to write the uncompressed data archive. */
  readonly dataPath: string;
  /** A file with the uncompressed data archive, where somebody has made one; it becomes that of `dataPath`. */
  readonly unpackedPath?: string;
}

/** What came out of a .deb. */
export interface Ingested {
  readonly facts: PackageFacts;
  readonly data: { readonly size: number; readonly sha256: Sha256 };
  /** Tar of the files for /var/lib/dpkg/info. */
  readonly info: Uint8Array;
}

export function factsOf(deb: OpenedDeb): PackageFacts {
  return {
    name: deb.name,
    version: deb.version,
    architecture: deb.architecture,
    infoName: infoName(deb),
    status: statusStanza(deb),
    interests: triggerInterests(deb),
    members: deb.members.map(({ name }) => name).filter((name) => name !== 'control'),
    filledDirectories: deb.filledDirectories,
    directories: deb.directories,
    symlinks: deb.symlinks,
    paths: deb.paths.map((path) => path.replace(/^\.?\/*/, '').replace(/\/+$/, '')),
  };
}

/** The tar of a package's files in /var/lib/dpkg/info. */
export function infoTar(deb: OpenedDeb, epoch: number): Buffer {
  const pieces = infoFiles(deb).flatMap(({ name, mode, mtime, content }) => [
    tarHeader({
      path: name,
      type: 'file',
      mode,
      uid: 0,
      gid: 0,
      size: content.length,
      mtime: mtime ?? epoch,
    }),
    content,
    tarPadding(content.length),
  ]);
  return Buffer.concat([...pieces, TAR_END]);
}

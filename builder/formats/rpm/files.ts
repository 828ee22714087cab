import { malformed } from '../malformed.ts';
import type { RpmHeader } from './header.ts';
import { TAG } from './tags.ts';

/** One path that a package owns. */
export interface RpmFile {
  /** Absolute, without `.`, `..` or doubled slashes. */
  readonly path: string;
  /** POSIX st_mode: type and permission bits. */
  readonly mode: number;
  readonly size: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly user: string;
  readonly group: string;
  /** Hexadecimal digest of a regular file's content by `digestAlgorithm`; else empty. */
  readonly digest: string;
  readonly linkTarget: string;
  /** RPMFILE_* bits, for example 64 for `%ghost`. */
  readonly flags: number;
  /** Text form of file capabilities, for example `cap_net_raw=p`; empty for none. */
  readonly capabilities: string;
  /** Files with the same pair are hard links of each other. */
  readonly inode: number;
  readonly device: number;
  readonly rdev: number;
}

/** RPMFILE_GHOST: owned, but not in the payload. */
export const GHOST = 1 << 6;

/** The paths of a package in header order. @throws {AppError} `rpm.files` when the lists do not fit together. */
export function readFiles(header: RpmHeader, where: string): readonly RpmFile[] {
  const paths = readPaths(header, where);
  const columns = {
    mode: column(header.numbers(TAG.fileModes), 0),
    size: column(sizesOf(header), 0),
    mtime: column(header.numbers(TAG.fileMtimes), 0),
    user: column(header.strings(TAG.fileUsers), 'root'),
    group: column(header.strings(TAG.fileGroups), 'root'),
    digest: column(header.strings(TAG.fileDigests), ''),
    linkTarget: column(header.strings(TAG.fileLinkTargets), ''),
    flags: column(header.numbers(TAG.fileFlags), 0),
    capabilities: column(header.strings(TAG.fileCapabilities), ''),
    inode: column(header.numbers(TAG.fileInodes), 0),
    device: column(header.numbers(TAG.fileDevices), 0),
    rdev: column(header.numbers(TAG.fileRdevs), 0),
  };
  for (const [name, values] of Object.entries(columns)) {
    if (values.length !== 0 && values.length !== paths.length) {
      throw inconsistent(where, `${paths.length} values of ${name}`, `${values.length}`);
    }
  }
  return paths.map((path, i) => ({
    path,
    mode: columns.mode.at(i),
    size: columns.size.at(i),
    mtime: columns.mtime.at(i),
    user: columns.user.at(i),
    group: columns.group.at(i),
    digest: columns.digest.at(i),
    linkTarget: columns.linkTarget.at(i),
    flags: columns.flags.at(i),
    capabilities: columns.capabilities.at(i),
    inode: columns.inode.at(i),
    device: columns.device.at(i),
    rdev: columns.rdev.at(i),
  }));
}

interface Column<T> {
  readonly length: number;
  at(index: number): T;
}

function column<T>(values: readonly T[], missing: T): Column<T> {
  return { length: values.length, at: (index) => values[index] ?? missing };
}

function sizesOf(header: RpmHeader): readonly number[] {
  return header.numbers(header.has(TAG.longFileSizes) ? TAG.longFileSizes : TAG.fileSizes);
}

function readPaths(header: RpmHeader, where: string): readonly string[] {
  const names = header.strings(TAG.baseNames);
  const paths = names.length === 0 ? header.strings(TAG.oldFileNames) : joined(header, names, where);
  if (header.has(TAG.sourcePackage) || !header.has(TAG.sourceRpm)) return paths;
  for (const path of paths) {
    if (!isCanonical(path)) throw inconsistent(where, 'absolute paths without dots', path);
  }
  return paths;
}

function joined(header: RpmHeader, names: readonly string[], where: string): readonly string[] {
  const directories = header.strings(TAG.directoryNames);
  const indexes = header.numbers(TAG.directoryIndexes);
  return names.map((name, i) => {
    const directory = directories[indexes[i] ?? -1];
    if (directory === undefined) throw inconsistent(where, 'a directory for every file', name);
    return directory + name;
  });
}

function isCanonical(path: string): boolean {
  if (path === '/') return true;
  const [first, ...parts] = path.split('/');
  return first === '' && parts.length > 0 && !parts.some((part) => ['', '.', '..'].includes(part));
}

function inconsistent(where: string, expected: string, got: string): Error {
  return malformed('rpm.files', 'The file list of an RPM package is broken.', where, { expected, got });
}

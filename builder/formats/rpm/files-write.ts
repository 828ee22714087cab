import { AppError } from '../../../core/errors.ts';
import { sha256 } from '../../../core/digest.ts';
import type { HeaderValue } from './header-write.ts';
import { TAG } from './tags.ts';

/** One path of a package that we write, absolute. Directories belong to it only when they are listed. */
export type RpmSourceFile = Owner &
  (
    | {
        readonly path: string;
        readonly mode: number;
        readonly content: string | Uint8Array;
        /** `%config(noreplace)`: an update keeps what the user changed. */
        readonly config?: boolean;
        /** Text form of capabilities(7), for example `cap_net_raw=ep`. */
        readonly capabilities?: string;
      }
    | { readonly path: string; readonly linkname: string }
    | { readonly path: string; readonly mode: number; readonly directory: true }
  );

interface Owner {
  /** Names; root where they are not given. */
  readonly user?: string;
  readonly group?: string;
}

/** A file as header and payload describe it. */
export interface WrittenFile {
  readonly path: string;
  /** POSIX st_mode. */
  readonly mode: number;
  readonly inode: number;
  /** Content, or the target of a link; empty for a directory. */
  readonly data: Buffer;
  readonly flags: number;
  readonly user: string;
  readonly group: string;
  readonly capabilities: string;
}

const DIRECTORY = 0o040000;
const REGULAR = 0o100000;
const LINK = 0o120000;
/** RPMFILE_CONFIG and RPMFILE_NOREPLACE. */
const CONFIG_NOREPLACE = 1 | 16;

/** Files in the order of their paths, as rpm wants them. */
export function toFiles(sources: readonly RpmSourceFile[]): readonly WrittenFile[] {
  const sorted = [...sources].sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  for (const [i, { path }] of sorted.entries()) {
    const isPlain = /^(\/[^/\0]+)+$/.test(path) && !/\/\.{1,2}(\/|$)/.test(path);
    if (isPlain && sorted[i + 1]?.path !== path) continue;
    const what = 'A path of a package that we write is not absolute and plain, or stands twice.';
    throw new AppError({ kind: 'bug', code: 'rpm-write.path', what, where: path });
  }
  return sorted.map((source, i) => toFile(source, i + 1));
}

function toFile(source: RpmSourceFile, inode: number): WrittenFile {
  const { path, user = 'root', group = 'root' } = source;
  const common = { path, inode, user, group, capabilities: '', flags: 0 };
  if ('linkname' in source) return { ...common, mode: LINK | 0o777, data: Buffer.from(source.linkname) };
  if ('directory' in source) return { ...common, mode: DIRECTORY | source.mode, data: Buffer.alloc(0) };
  return {
    ...common,
    mode: REGULAR | source.mode,
    data: Buffer.from(source.content as Uint8Array),
    flags: source.config === true ? CONFIG_NOREPLACE : 0,
    capabilities: source.capabilities ?? '',
  };
}

/** The tags that describe the files; none when there are none. */
export function fileTags(files: readonly WrittenFile[], epoch: number): [number, HeaderValue][] {
  if (files.length === 0) return [];
  const directories = [...new Set(files.map(({ path }) => directoryOf(path)))];
  const int32 = (value: (file: WrittenFile) => number): HeaderValue => ({
    type: 'int32',
    value: files.map(value),
  });
  const int16 = (value: (file: WrittenFile) => number): HeaderValue => ({
    type: 'int16',
    value: files.map(value),
  });
  const strings = (value: (file: WrittenFile) => string): HeaderValue => ({
    type: 'strings',
    value: files.map(value),
  });
  const is = (type: number, file: WrittenFile): boolean => (file.mode & 0o170000) === type;
  return [
    [TAG.fileSizes, int32((file) => file.data.length)],
    [TAG.fileModes, int16((file) => file.mode)],
    [TAG.fileRdevs, int16(() => 0)],
    [TAG.fileMtimes, int32(() => epoch)],
    [TAG.fileDigests, strings((file) => (is(REGULAR, file) ? sha256(file.data) : ''))],
    [TAG.fileLinkTargets, strings((file) => (is(LINK, file) ? file.data.toString('utf8') : ''))],
    [TAG.fileFlags, int32((file) => file.flags)],
    [TAG.fileUsers, strings((file) => file.user)],
    [TAG.fileGroups, strings((file) => file.group)],
    [FILE_VERIFY_FLAGS, int32(() => 0xffffffff)],
    [TAG.fileDevices, int32(() => 1)],
    [TAG.fileInodes, int32((file) => file.inode)],
    [FILE_LANGUAGES, strings(() => '')],
    [TAG.directoryIndexes, int32((file) => directories.indexOf(directoryOf(file.path)))],
    [TAG.baseNames, strings((file) => file.path.slice(directoryOf(file.path).length))],
    [TAG.directoryNames, { type: 'strings', value: directories }],
    [TAG.fileDigestAlgorithm, { type: 'int32', value: [8] }],
    ...(files.some((file) => file.capabilities !== '')
      ? [[TAG.fileCapabilities, strings((file) => file.capabilities)] satisfies [number, HeaderValue]]
      : []),
  ];
}

const FILE_VERIFY_FLAGS = 1045;
const FILE_LANGUAGES = 1097;

function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

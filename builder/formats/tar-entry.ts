/** What a tar entry is. Contiguous files and files of pre-POSIX archives count as `file`. */
export type TarEntryType = 'file' | 'hardlink' | 'symlink' | 'char' | 'block' | 'directory' | 'fifo';

/** One entry of a tar archive: its metadata, without content. */
export interface TarEntry {
  /** As stored, for example `./usr/bin/env`. A directory may end with `/`. */
  readonly path: string;
  readonly type: TarEntryType;
  /** The twelve permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly uname?: string;
  readonly gname?: string;
  /** Bytes of content; 0 for anything but a file. */
  readonly size: number;
  /** Seconds since 1970, perhaps with a fraction (PAX), perhaps negative. */
  readonly mtime: number;
  /** Target of a symlink, or the path of the entry that a hardlink repeats. */
  readonly linkname?: string;
  readonly devmajor?: number;
  readonly devminor?: number;
  /** Extended attributes by full name (`security.capability`), values as they are. */
  readonly xattrs?: ReadonlyMap<string, Buffer>;
}

/** A tar entry and its place in an archive, in bytes from the archive's start. */
export interface ScannedTarEntry extends TarEntry {
  readonly xattrs: ReadonlyMap<string, Buffer>;
  /** First block of the entry: that of its PAX or GNU name header where it has one. */
  readonly headerOffset: number;
  /** First byte of the content. */
  readonly dataOffset: number;
}

export const TAR_BLOCK = 512;

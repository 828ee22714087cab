import { malformed } from './malformed.ts';
import { paxNumber, type PaxRecords } from './pax.ts';
import { TAR_BLOCK, type ScannedTarEntry, type TarEntryType } from './tar-entry.ts';
import { checksumMatches, readTarNumber } from './tar-numbers.ts';
import { decodeTarText } from './tar-text.ts';

export { TAR_BLOCK, type ScannedTarEntry, type TarEntry, type TarEntryType } from './tar-entry.ts';

/** A header block as it stands: one entry, or the announcement of metadata for the next one. */
export interface RawHeader {
  readonly flag: string;
  readonly size: number;
}

/** Metadata that extension headers gave for the next entry. */
export interface Extensions {
  /** Where the first extension header began; undefined when there was none. */
  readonly start?: number;
  readonly longName?: string;
  readonly longLink?: string;
  readonly pax?: PaxRecords;
  readonly globalPax?: PaxRecords;
}

/** Checks a header block's sum and returns its type and size. Throws an `AppError` (`tar.*`). */
export function readRawHeader(block: Buffer, where: string): RawHeader {
  if (!checksumMatches(block, where)) {
    throw malformed('tar.checksum', 'The checksum of a tar header does not match.', where);
  }
  const size = readTarNumber(block, 124, 12, where);
  if (size < 0) throw malformed('tar.size', 'A tar entry has a negative size.', where, { got: String(size) });
  return { flag: block.toString('latin1', 156, 157), size };
}

const TYPES: Readonly<Record<string, TarEntryType>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'char',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
};

/**
 * The entry that a header block and the extensions before it describe: POSIX ustar and PAX, GNU long names,
 * base-256 numbers, pre-POSIX headers. `offset` is the block's place in the archive. Throws an `AppError`
 * (`tar.*`, `pax.*`), also for types that we do not read (sparse files, volume labels, parts).
 */
export function readTarEntry(
  block: Buffer,
  extensions: Extensions,
  offset: number,
  where: string,
): ScannedTarEntry {
  const { flag, size: ownSize } = readRawHeader(block, where);
  const pax = (key: string): string | undefined =>
    extensions.pax?.text.get(key) ?? extensions.globalPax?.text.get(key);
  const number = (key: string, start: number, length: number, kind: 'natural' | 'time'): number => {
    const text = pax(key);
    return text === undefined ? readTarNumber(block, start, length, where) : paxNumber(text, kind, where);
  };
  const path = pax('path') ?? extensions.longName ?? ownPath(block, where);
  const type = entryType(flag, path, where);
  const sizeText = pax('size');
  const size = sizeText === undefined ? ownSize : paxNumber(sizeText, 'natural', where);
  if (type !== 'file' && size !== 0) {
    throw malformed('tar.size', `A ${type} of the archive carries content.`, where, {
      expected: '0',
      got: String(size),
    });
  }
  return {
    path: named(path, where),
    type,
    mode: readTarNumber(block, 100, 8, where) & 0o7777,
    uid: number('uid', 108, 8, 'natural'),
    gid: number('gid', 116, 8, 'natural'),
    ...owners(block, pax, where),
    size,
    mtime: number('mtime', 136, 12, 'time'),
    ...link(type, () => pax('linkpath') ?? extensions.longLink ?? text(block, 157, 100, where), where),
    ...device(type, block, where),
    xattrs: mergedXattrs(extensions),
    headerOffset: extensions.start ?? offset,
    dataOffset: offset + TAR_BLOCK,
  };
}

function entryType(flag: string, path: string, where: string): TarEntryType {
  const type = Object.hasOwn(TYPES, flag) ? TYPES[flag] : undefined;
  if (type === undefined) {
    throw malformed('tar.type', 'The archive holds an entry of a type that we do not read.', where, {
      expected: 'file, link, device, directory or FIFO',
      got: `type ${JSON.stringify(flag)}`,
    });
  }
  // Before POSIX, a directory was a file whose name ends with a slash.
  return type === 'file' && flag !== '7' && path.endsWith('/') ? 'directory' : type;
}

function named(name: string, where: string): string {
  if (name === '' || name.includes('\0')) {
    throw malformed('tar.name', 'A tar entry has an empty name or one with a NUL byte.', where, {
      got: name,
    });
  }
  return name;
}

function link(type: TarEntryType, linkname: () => string, where: string): { linkname?: string } {
  return type === 'symlink' || type === 'hardlink' ? { linkname: named(linkname(), where) } : {};
}

function device(type: TarEntryType, block: Buffer, where: string): { devmajor?: number; devminor?: number } {
  if (type !== 'char' && type !== 'block') return {};
  return { devmajor: readTarNumber(block, 329, 8, where), devminor: readTarNumber(block, 337, 8, where) };
}

/** `ustar\0` of POSIX or `ustar ` of GNU; the first has a prefix field, the second other things there. */
function magic(block: Buffer): 'posix' | 'gnu' | 'old' {
  const text = block.toString('latin1', 257, 263);
  return text === 'ustar\0' ? 'posix' : text === 'ustar ' ? 'gnu' : 'old';
}

function ownPath(block: Buffer, where: string): string {
  const name = text(block, 0, 100, where);
  if (magic(block) !== 'posix') return name;
  const prefix = text(block, 345, 155, where);
  return prefix === '' ? name : `${prefix}/${name}`;
}

function owners(
  block: Buffer,
  pax: (key: string) => string | undefined,
  where: string,
): { uname?: string; gname?: string } {
  if (magic(block) === 'old') return {};
  const uname = pax('uname') ?? text(block, 265, 32, where);
  const gname = pax('gname') ?? text(block, 297, 32, where);
  return { ...(uname !== '' && { uname }), ...(gname !== '' && { gname }) };
}

const NO_XATTRS: ReadonlyMap<string, Buffer> = new Map();

function mergedXattrs({ pax, globalPax }: Extensions): ReadonlyMap<string, Buffer> {
  if ((pax?.xattrs.size ?? 0) + (globalPax?.xattrs.size ?? 0) === 0) return NO_XATTRS;
  return new Map([...(globalPax?.xattrs ?? []), ...(pax?.xattrs ?? [])]);
}

/** A text field: up to its NUL, or all of it. */
function text(block: Buffer, start: number, length: number, where: string): string {
  const end = block.indexOf(0, start);
  return decodeTarText(block.subarray(start, end < 0 || end > start + length ? start + length : end), where);
}

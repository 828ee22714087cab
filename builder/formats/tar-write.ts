import { AppError } from '../../core/errors.ts';
import { paxRecord } from './pax.ts';
import { TAR_BLOCK, type TarEntry, type TarEntryType } from './tar-entry.ts';
import { tarChecksum } from './tar-numbers.ts';

const FLAGS: Readonly<Record<TarEntryType, string>> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  char: '3',
  block: '4',
  directory: '5',
  fifo: '6',
};

/** The end mark: two zero blocks. */
export const TAR_END: Buffer = Buffer.alloc(2 * TAR_BLOCK);

/** Zero bytes that fill the last block of content of that many bytes. */
export function tarPadding(size: number): Buffer {
  return TAR_END.subarray(0, (TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK);
}

/**
 * The header of an entry: a ustar block (POSIX.1-2017 pax), before it a PAX extended header when a value does
 * not fit (long or non-ASCII names, large ids or sizes, fractions of a second, extended attributes). The
 * same entry gives the same bytes: records are sorted and the PAX header's own name is fixed. Content,
 * `tarPadding` and, in the end, `TAR_END` follow. Throws an `AppError` of kind `bug` for values no tar can hold.
 */
export function tarHeader(entry: TarEntry): Buffer {
  checkWritable(entry);
  const records = paxRecords(entry);
  const block = ustarBlock(entry);
  if (records.length === 0) return block;
  const body = Buffer.concat(records);
  const announcement = ustarBlock(
    { path: 'PaxHeader', type: 'file', mode: 0o644, uid: 0, gid: 0, size: body.length, mtime: 0 },
    'x',
  );
  return Buffer.concat([announcement, body, tarPadding(body.length), block]);
}

/** One octal digit less than the field is long: each number ends with NUL. */
const MAX_ID = 0o7777777;
const MAX_LARGE = 0o77777777777;

function paxRecords(entry: TarEntry): Buffer[] {
  const { path, linkname = '', uid, gid, size, mtime, uname = '', gname = '', xattrs } = entry;
  const candidates: (readonly [needed: boolean, key: string, value: string | Buffer])[] = [
    [splitPath(path) === undefined, 'path', path],
    [!fitsText(linkname, 100), 'linkpath', linkname],
    [uid > MAX_ID, 'uid', String(uid)],
    [gid > MAX_ID, 'gid', String(gid)],
    [size > MAX_LARGE, 'size', String(size)],
    [!Number.isInteger(mtime) || mtime < 0 || mtime > MAX_LARGE, 'mtime', decimal(mtime)],
    [!fitsText(uname, 31), 'uname', uname],
    [!fitsText(gname, 31), 'gname', gname],
    ...[...(xattrs ?? [])].map(([name, value]) => [true, `SCHILY.xattr.${name}`, value] as const),
  ];
  return candidates
    .filter(([needed]) => needed)
    .sort(([, a], [, b]) => (a < b ? -1 : 1))
    .map(([, key, value]) => paxRecord(key, value));
}

/** Without an exponent, and without trailing zeros. */
function decimal(seconds: number): string {
  return Number.isInteger(seconds) ? String(seconds) : seconds.toFixed(9).replace(/0+$/, '');
}

function ustarBlock(entry: TarEntry, flag = FLAGS[entry.type]): Buffer {
  const block = Buffer.alloc(TAR_BLOCK);
  // A reader of ustar only gets the end of a name that does not fit; all others read the PAX record.
  const { name, prefix } = splitPath(entry.path) ?? { name: asciiTail(entry.path, 100), prefix: '' };
  block.write(name, 0, 'latin1');
  writeOctal(block, 100, 8, entry.mode);
  writeOctal(block, 108, 8, entry.uid > MAX_ID ? 0 : entry.uid);
  writeOctal(block, 116, 8, entry.gid > MAX_ID ? 0 : entry.gid);
  writeOctal(block, 124, 12, entry.size > MAX_LARGE ? 0 : entry.size);
  writeOctal(block, 136, 12, Math.min(Math.max(Math.floor(entry.mtime), 0), MAX_LARGE));
  block.write(flag, 156, 'latin1');
  block.write(asciiTail(entry.linkname ?? '', 100), 157, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  block.write(asciiTail(entry.uname ?? '', 31), 265, 'latin1');
  block.write(asciiTail(entry.gname ?? '', 31), 297, 'latin1');
  writeOctal(block, 329, 8, entry.devmajor ?? 0);
  writeOctal(block, 337, 8, entry.devminor ?? 0);
  block.write(prefix, 345, 'latin1');
  block.write(`${tarChecksum(block).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

function writeOctal(block: Buffer, start: number, length: number, value: number): void {
  block.write(value.toString(8).padStart(length - 1, '0'), start, 'latin1');
}

const ASCII = /^[\x20-\x7e]*$/;

function fitsText(text: string, length: number): boolean {
  return text.length <= length && ASCII.test(text);
}

function asciiTail(text: string, length: number): string {
  return text.replace(/[^\x20-\x7e]/g, '_').slice(-length);
}

/** A name in the ustar fields name (100) and prefix (155), divided at a slash; undefined when it does not fit. */
function splitPath(path: string): { name: string; prefix: string } | undefined {
  if (!ASCII.test(path) || path.length > 256) return undefined;
  if (path.length <= 100) return { name: path, prefix: '' };
  // The name must not be empty, so a final slash is no place to divide.
  for (let slash = path.indexOf('/', path.length - 101); slash >= 0; slash = path.indexOf('/', slash + 1)) {
    if (slash > 0 && slash <= 155 && slash < path.length - 1) {
      return { name: path.slice(slash + 1), prefix: path.slice(0, slash) };
    }
  }
  return undefined;
}

function checkWritable(entry: TarEntry): void {
  const { path, type } = entry;
  if (writableNames(entry) && writableNumbers(entry)) return;
  throw new AppError({
    kind: 'bug',
    code: 'tar.write',
    what: 'An entry cannot be written to a tar archive.',
    got: `${type} ${JSON.stringify(path)}`,
  });
}

function writableNames({ path, type, linkname = '', xattrs }: TarEntry): boolean {
  const links = type === 'symlink' || type === 'hardlink' ? [linkname] : [];
  // A PAX record divides its key from its value at the first equals sign.
  const keys = [...(xattrs?.keys() ?? [])];
  return (
    [path, ...links, ...keys].every((name) => name !== '' && !name.includes('\0')) &&
    keys.every((key) => !key.includes('='))
  );
}

function writableNumbers({
  type,
  mode,
  uid,
  gid,
  size,
  mtime,
  devmajor = 0,
  devminor = 0,
}: TarEntry): boolean {
  const limits = [
    [mode, 0o7777],
    [uid, Number.MAX_SAFE_INTEGER],
    [gid, Number.MAX_SAFE_INTEGER],
    [size, type === 'file' ? Number.MAX_SAFE_INTEGER : 0],
    [Math.abs(mtime), Number.MAX_SAFE_INTEGER],
    [devmajor, MAX_ID],
    [devminor, MAX_ID],
  ] as const;
  return (
    limits.every(([value, most]) => value >= 0 && value <= most) &&
    [uid, gid, size].every(Number.isSafeInteger)
  );
}

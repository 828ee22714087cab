import { decodeTarText } from './tar-text.ts';
import { malformed } from './malformed.ts';

/** The records of a PAX extended header that we heed. Later records of one name win. */
export interface PaxRecords {
  readonly text: Map<string, string>;
  readonly xattrs: Map<string, Buffer>;
}

const XATTR = 'SCHILY.xattr.';

/**
 * The records `LENGTH KEY=VALUE\n` of a PAX header (POSIX pax, "pax Extended Header"). Values of
 * `SCHILY.xattr.*` stay bytes. Throws an `AppError` (`pax.*`) when lengths and bytes disagree, and for
 * sparse files, whose content we would misread.
 */
export function parsePax(data: Buffer, where: string): PaxRecords {
  const records: PaxRecords = { text: new Map(), xattrs: new Map() };
  let position = 0;
  while (position < data.length) {
    const length = recordLength(data, position, where);
    const end = position + length;
    const blank = data.indexOf(32, position);
    const equals = data.indexOf(61, blank);
    if (end > data.length || data[end - 1] !== 10 || equals < 0 || equals >= end || equals === blank + 1) {
      throw malformed('pax.record', 'A PAX record is malformed.', where, {
        expected: 'length key=value',
        got: data.toString('latin1', position, Math.min(position + 80, data.length)),
      });
    }
    const key = decodeTarText(data.subarray(blank + 1, equals), where);
    addRecord(records, key, data.subarray(equals + 1, end - 1), where);
    position = end;
  }
  return records;
}

function recordLength(data: Buffer, position: number, where: string): number {
  let at = position;
  let length = 0;
  for (; at < data.length && at - position < 10; at += 1) {
    const digit = (data[at] ?? 0) - 48;
    if (digit < 0 || digit > 9) break;
    length = length * 10 + digit;
  }
  // The shortest record is "5 a=\n".
  if (at === position || data[at] !== 32 || length < 5) {
    throw malformed('pax.length', 'A PAX record does not begin with its length.', where, {
      got: data.toString('latin1', position, Math.min(position + 16, data.length)),
    });
  }
  return length;
}

function addRecord(records: PaxRecords, key: string, value: Buffer, where: string): void {
  if (key.startsWith('GNU.sparse.')) {
    throw malformed('tar.sparse', 'The archive holds a sparse file, which we do not read.', where);
  }
  if (key.startsWith(XATTR)) {
    const name = key.slice(XATTR.length);
    if (name === '' || name.includes('\0'))
      throw malformed('pax.xattr', 'An extended attribute has no name.', where);
    // A copy: the header's buffer is large and short-lived.
    records.xattrs.set(name, Buffer.from(value));
    return;
  }
  if (TEXT_KEYS.has(key)) records.text.set(key, decodeTarText(value, where));
}

/** Others (comment, atime, vendor keys) say nothing that we need, POSIX lets a reader pass over them. */
const TEXT_KEYS = new Set(['path', 'linkpath', 'size', 'uid', 'gid', 'uname', 'gname', 'mtime']);

const PAX_NUMBER = /^-?\d{1,16}(?:\.\d{0,20})?$/;

/** A decimal number of a PAX record. Throws an `AppError` (`pax.number`). */
export function paxNumber(text: string, kind: 'natural' | 'time', where: string): number {
  const value = PAX_NUMBER.test(text) ? Number(text) : NaN;
  const valid =
    kind === 'time' ? Math.abs(value) <= Number.MAX_SAFE_INTEGER : Number.isSafeInteger(value) && value >= 0;
  if (!valid) throw malformed('pax.number', 'A number of a PAX record is malformed.', where, { got: text });
  return value;
}

/** One record of an extended header: the length counts itself. */
export function paxRecord(key: string, value: string | Uint8Array): Buffer {
  const content = Buffer.concat([
    Buffer.from(`${key}=`),
    Buffer.from(value as Uint8Array),
    Buffer.from('\n'),
  ]);
  let length = content.length + 2;
  while (String(length).length + 1 + content.length !== length)
    length = String(length).length + 1 + content.length;
  return Buffer.concat([Buffer.from(`${length} `), content]);
}

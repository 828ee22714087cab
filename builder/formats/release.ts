import { parseSha256, type Sha256 } from '../../core/digest.ts';
import { parseSingleParagraph, type Paragraph } from './deb822.ts';
import { malformed } from './malformed.ts';
import { checkRelativePath, parseDecimal } from './checked-fields.ts';

/** One index that a Release file vouches for. `size` in bytes. */
export interface ReleaseFile {
  readonly size: number;
  readonly sha256: Sha256;
}

/** A Release file, or the signed text of an InRelease file. */
export interface Release {
  readonly origin?: string;
  readonly label?: string;
  readonly suite: string;
  readonly codename: string;
  readonly version?: string;
  readonly date: Date;
  readonly validUntil?: Date;
  readonly architectures: readonly string[];
  readonly components: readonly string[];
  readonly acquireByHash: boolean;
  /** By path relative to the Release file. */
  readonly files: ReadonlyMap<string, ReleaseFile>;
}

/**
 * Reads a Release file (the Debian repository format; apt's
 * `Acquire-By-Hash`). Only SHA-256 counts. The caller has verified the signature. Throws an `AppError`
 * (`release.*`) for a missing field, a bad date or hash, or a path that leaves the suite's directory.
 */
export function parseRelease(text: string, where: string): Release {
  const fields = parseSingleParagraph(text, where);
  const suite = fields.get('suite') ?? fields.get('codename');
  const codename = fields.get('codename') ?? fields.get('suite');
  if (!suite || !codename) throw missing('Suite', where);
  const validUntil = fields.get('valid-until');
  return {
    ...optional(fields, 'origin'),
    ...optional(fields, 'label'),
    suite,
    codename,
    ...optional(fields, 'version'),
    date: parseReleaseDate(required(fields, 'Date', where), `${where}: Date`),
    ...(validUntil !== undefined && { validUntil: parseReleaseDate(validUntil, `${where}: Valid-Until`) }),
    architectures: words(fields.get('architectures')),
    components: words(fields.get('components')),
    acquireByHash: fields.get('acquire-by-hash')?.toLowerCase() === 'yes',
    files: parseFiles(required(fields, 'SHA256', where), where),
  };
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DATE =
  /^[A-Z][a-z]{2}, {1,2}(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d{1,2}):(\d\d):(\d\d) (?:UTC|GMT|Z|[+-]0000)$/;

/** A date of a Release file: RFC 5322 in UTC, nothing looser. Throws an `AppError` (`release.date`). */
export function parseReleaseDate(text: string, where: string): Date {
  const match = DATE.exec(text);
  const [day, year, hour, minute, second] = [1, 3, 4, 5, 6].map((group) => Number(match?.[group]));
  const month = MONTHS.indexOf(match?.[2] ?? '');
  const date = new Date(Date.UTC(year ?? NaN, month, day, hour, minute, second));
  if (
    month < 0 ||
    date.getUTCDate() !== day ||
    date.getUTCHours() !== hour ||
    date.getUTCMinutes() !== minute
  ) {
    throw malformed('release.date', 'This is not a date in UTC.', where, {
      expected: 'Sat, 09 Aug 2025 09:41:07 UTC',
      got: text,
    });
  }
  return date;
}

function parseFiles(text: string, where: string): Map<string, ReleaseFile> {
  const files = new Map<string, ReleaseFile>();
  for (const line of text.split('\n')) {
    const [digest, size, path, ...rest] = words(line);
    if (digest === undefined) continue;
    const hash = parseSha256(digest);
    if (hash === undefined || size === undefined || path === undefined || rest.length > 0) {
      throw malformed('release.files', 'A line of the SHA256 list is not "hash size path".', where, {
        got: line,
      });
    }
    checkRelativePath(path, 'release.path', where);
    const file = { size: parseDecimal(size, 'release.files', where), sha256: hash };
    const known = files.get(path);
    if (known !== undefined && (known.sha256 !== file.sha256 || known.size !== file.size)) {
      throw malformed('release.files', 'The SHA256 list names one file twice with different hashes.', where, {
        got: path,
      });
    }
    files.set(path, file);
  }
  if (files.size === 0) throw malformed('release.files', 'The SHA256 list is empty.', where);
  return files;
}

function words(text = ''): string[] {
  return text.split(/[ \t\n\r]+/).filter((word) => word !== '');
}

function required(fields: Paragraph, name: string, where: string): string {
  const value = fields.get(name.toLowerCase());
  if (value === undefined || value === '') throw missing(name, where);
  return value;
}

function missing(name: string, where: string): Error {
  return malformed('release.missing', `The Release file has no field ${name}.`, where);
}

function optional<K extends string>(fields: Paragraph, name: K): Partial<Record<K, string>> {
  const value = fields.get(name);
  return (value === undefined ? {} : { [name]: value }) as Partial<Record<K, string>>;
}

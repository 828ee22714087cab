import { malformed } from './malformed.ts';

/** `[epoch:]upstream[-revision]` (Debian Policy §5.6.12). `revision` is empty for a native package. */
export interface DebianVersion {
  readonly epoch: number;
  readonly upstream: string;
  readonly revision: string;
}

/** dpkg keeps an epoch in a C int. */
const MAX_EPOCH = 2 ** 31 - 1;
/** Colons are legal only after an epoch; the last hyphen begins the revision. */
const VERSION =
  /^(?:(?<epoch>\d{1,10}):|(?=[^:]*$))(?:(?<upstream>[A-Za-z0-9.+~:-]+)-(?<revision>[A-Za-z0-9.+~]+)|(?<native>[A-Za-z0-9.+~:]+))$/;

/** The parts of a version. Throws an `AppError` (`debian-version.invalid`). */
export function parseDebianVersion(text: string, where = 'version'): DebianVersion {
  const parts = VERSION.exec(text)?.groups;
  const epoch = Number(parts?.['epoch'] ?? 0);
  if (parts === undefined || epoch > MAX_EPOCH) {
    throw malformed('debian-version.invalid', 'This is not a Debian version.', where, {
      expected: '[epoch:]upstream[-revision]',
      got: text,
    });
  }
  const { upstream = '', revision = '', native } = parts;
  return { epoch, upstream: native ?? upstream, revision };
}

/** The order of two versions (Policy §5.6.12). Throws an `AppError` when one of them is no version. */
export function compareDebianVersions(a: string, b: string): -1 | 0 | 1 {
  if (a === b) {
    parseDebianVersion(a);
    return 0;
  }
  const left = parseDebianVersion(a);
  const right = parseDebianVersion(b);
  return sign(
    left.epoch - right.epoch ||
      compareParts(left.upstream, right.upstream) ||
      compareParts(left.revision, right.revision),
  );
}

function sign(value: number): -1 | 0 | 1 {
  return value < 0 ? -1 : value > 0 ? 1 : 0;
}

/** Runs of non-digits and of digits, by turns, until they differ. */
function compareParts(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    while (rank(a, i) !== 0 || rank(b, j) !== 0) {
      const difference = rank(a, i) - rank(b, j);
      if (difference !== 0) return difference;
      i += 1;
      j += 1;
    }
    const endA = digitsEnd(a, i);
    const endB = digitsEnd(b, j);
    const difference = compareNumbers(a.slice(i, endA), b.slice(j, endB));
    if (difference !== 0) return difference;
    i = endA;
    j = endB;
  }
  return 0;
}

/** Sorts `~` before the end and digits, letters before everything else. */
function rank(text: string, index: number): number {
  const code = index < text.length ? text.charCodeAt(index) : 48;
  if (code >= 48 && code <= 57) return 0;
  if (code === 126) return -1;
  const letter = (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
  return letter ? code : code + 256;
}

function digitsEnd(text: string, start: number): number {
  let end = start;
  while (end < text.length && text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 57) end += 1;
  return end;
}

/** Decimal numbers of any length, so that no digit is lost to floating point. */
function compareNumbers(a: string, b: string): number {
  const left = a.replace(/^0+/, '');
  const right = b.replace(/^0+/, '');
  if (left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : left > right ? 1 : 0;
}

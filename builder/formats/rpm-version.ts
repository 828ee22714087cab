/** Epoch, version and release of a package. An absent epoch sorts as 0. */
export interface Evr {
  readonly epoch: number;
  readonly version: string;
  readonly release: string;
}

/** `1:2.3-4.fc43` as its parts; an epoch of 0 is not printed. */
export function printEvr(evr: Evr): string {
  const text = evr.release === '' ? evr.version : `${evr.version}-${evr.release}`;
  return evr.epoch === 0 ? text : `${evr.epoch}:${text}`;
}

/** The parts of `[epoch:]version[-release]` (rpmio/rpmver.c `rpmverParse`); undefined for a bad epoch. */
export function parseEvr(text: string): Evr | undefined {
  const match = /^(?:(\d*):)?(.*?)(?:-([^-]*))?$/s.exec(text);
  const epoch = Number(match?.[1] === undefined || match[1] === '' ? 0 : match[1]);
  if (match === null || epoch > 0xffffffff) return undefined;
  return { epoch, version: match[2] ?? '', release: match[3] ?? '' };
}

/** Negative, zero or positive as `a` is older than, as old as or newer than `b` (`rpmVersionCompare`). */
export function compareEvr(a: Evr, b: Evr): number {
  if (a.epoch !== b.epoch) return a.epoch < b.epoch ? -1 : 1;
  return compareRpmVersion(a.version, b.version) || compareRpmVersion(a.release, b.release);
}

/** -1, 0 or 1: the order of two version or two release strings (rpmio/rpmvercmp.c). */
export function compareRpmVersion(a: string, b: string): -1 | 0 | 1 {
  if (a === b) return 0;
  const left = segments(a);
  const right = segments(b);
  for (let i = 0; ; i += 1) {
    const one = left[i];
    const two = right[i];
    if (one === undefined && two === undefined) return 0;
    const order = compareSegments(one, two);
    if (order !== 0) return order;
  }
}

/** Runs of ASCII digits, runs of ASCII letters, and the marks; all else only separates. */
function segments(text: string): readonly string[] {
  return text.match(/\d+|[A-Za-z]+|[~^]/g) ?? [];
}

/** Ranks of what may stand at one place: a tilde is older than the end, a caret newer, text newer still. */
function rank(segment: string | undefined): number {
  if (segment === undefined) return 1;
  if (segment === '~') return 0;
  if (segment === '^') return 2;
  return /^\d/.test(segment) ? 4 : 3;
}

function compareSegments(one: string | undefined, two: string | undefined): -1 | 0 | 1 {
  const ranks = sign(rank(one) - rank(two));
  if (ranks !== 0 || one === undefined || two === undefined) return ranks;
  if (!/^\d/.test(one)) return one < two ? -1 : one > two ? 1 : 0;
  const digits = one.replace(/^0+/, '');
  const others = two.replace(/^0+/, '');
  const byLength = sign(digits.length - others.length);
  if (byLength !== 0) return byLength;
  return digits < others ? -1 : digits > others ? 1 : 0;
}

function sign(value: number): -1 | 0 | 1 {
  return value < 0 ? -1 : value > 0 ? 1 : 0;
}

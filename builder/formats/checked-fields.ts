import { parseSha256, type Sha256 } from '../../core/digest.ts';
import { malformed } from './malformed.ts';

/** A non-negative decimal number that floating point holds exactly. Throws an `AppError` of that code. */
export function parseDecimal(text: string, code: string, where: string): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(value)) {
    throw malformed(code, 'This is not a number.', where, { expected: 'decimal digits', got: text });
  }
  return value;
}

/** A SHA-256. Throws an `AppError` of that code. */
export function checkSha256(text: string, code: string, where: string): Sha256 {
  const digest = parseSha256(text);
  if (digest === undefined) {
    throw malformed(code, 'This is not a SHA-256.', where, { expected: '64 hexadecimal digits', got: text });
  }
  return digest;
}

const UNSAFE_PATH = /^\/|(?:^|\/)\.\.(?:\/|$)|[\p{Cc}\\ ]|^$/u;

/**
 * Refuses a path of an index that could leave the directory it is relative to, and one that holds white
 * space, a backslash or control characters, which no archive uses. Returns the path unchanged.
 */
export function checkRelativePath(path: string, code: string, where: string): string {
  if (UNSAFE_PATH.test(path)) {
    throw malformed(code, 'This path could leave its directory.', where, {
      expected: 'a relative path without ".."',
      got: path,
    });
  }
  return path;
}

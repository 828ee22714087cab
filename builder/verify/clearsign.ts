/**
 * The frame of a clear-signed text (RFC 9580, section 7), read strictly: nothing before or after the
 * frame, no header but `Hash`, every dash escaped. What is handed on is exactly what was signed.
 */
import { AppError } from '../../core/errors.ts';

const BEGIN_MESSAGE = '-----BEGIN PGP SIGNED MESSAGE-----';
const BEGIN_SIGNATURE = '-----BEGIN PGP SIGNATURE-----';
const END_SIGNATURE = '-----END PGP SIGNATURE-----';

export interface Clearsigned {
  /** The signed text: dash escapes and trailing blanks removed, lines joined by `\n`, no last `\n`. */
  readonly text: string;
  /** The armored signature block. */
  readonly signature: string;
}

/** Whether `data` starts as a clear-signed text does. */
export function isClearsigned(data: Uint8Array): boolean {
  return Buffer.from(data.subarray(0, BEGIN_MESSAGE.length)).toString('latin1') === BEGIN_MESSAGE;
}

/** Splits a clear-signed text. Throws `openpgp.no-signature` or `openpgp.frame`. */
export function splitClearsigned(data: Uint8Array, where: string): Clearsigned {
  if (!isClearsigned(data)) {
    throw new AppError({
      kind: 'verification',
      code: 'openpgp.no-signature',
      what: 'the text is not signed',
      where,
      expected: `a text that starts with ${BEGIN_MESSAGE}`,
      got: JSON.stringify(Buffer.from(data.subarray(0, 40)).toString('latin1')),
    });
  }
  const lines = decode(data, where).split('\n');
  const start = endOfHeaders(lines, where);
  const split = lines.findIndex((line, at) => at >= start && line.trimEnd() === BEGIN_SIGNATURE);
  if (split < 0) throw frameError(where, BEGIN_SIGNATURE, 'the end of the file');
  const text = lines.slice(start, split).map((line, at) => unescape(line, where, start + at + 1));
  const end = lines.findIndex((line, at) => at > split && line.trimEnd() === END_SIGNATURE);
  if (end < 0) throw frameError(where, END_SIGNATURE, 'the end of the file');
  const after = lines.slice(end + 1).find((line) => line.trim() !== '');
  if (after !== undefined) throw frameError(where, 'nothing after the signature', after);
  return { text: text.join('\n'), signature: `${lines.slice(split, end + 1).join('\n')}\n` };
}

function decode(data: Uint8Array, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    throw frameError(where, 'UTF-8 text', 'bytes that are not UTF-8');
  }
}

/** The index of the first line of the text. */
function endOfHeaders(lines: readonly string[], where: string): number {
  if (lines[0]?.trimEnd() !== BEGIN_MESSAGE) throw frameError(where, BEGIN_MESSAGE, lines[0] ?? '');
  for (let at = 1; at < lines.length; at += 1) {
    const line = lines[at]?.trimEnd() ?? '';
    if (line === '') return at + 1;
    if (!/^Hash: [A-Za-z0-9, -]+$/.test(line)) throw frameError(where, 'only `Hash` headers', line);
  }
  throw frameError(where, 'an empty line after the headers', 'the end of the file');
}

/** One line as it was signed (RFC 9580, sections 7.1 and 7.2). */
function unescape(line: string, where: string, number: number): string {
  const signed = line.replace(/[ \t\r]+$/, '');
  if (!signed.startsWith('-')) return signed;
  if (signed.startsWith('- ')) return signed.slice(2);
  // `- ` alone was an escaped empty line; its blank has just been removed with the others.
  if (signed === '-') return '';
  throw frameError(`${where}:${number}`, 'a dash that is escaped as `- -`', line);
}

function frameError(where: string, expected: string, got: string): AppError {
  return new AppError({
    kind: 'verification',
    code: 'openpgp.frame',
    what: 'the frame of the signed text is damaged',
    where,
    expected,
    got: got.slice(0, 80),
  });
}

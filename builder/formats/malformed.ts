import { AppError } from '../../core/errors.ts';

/** What a parser adds to a failure besides its code, sentence and place. */
export interface MalformedDetail {
  readonly expected?: string;
  readonly got?: string;
  readonly cause?: unknown;
}

/**
 * The failure of a parser of untrusted bytes: kind `verification`, since such bytes are refused like a
 * wrong signature. `got` is shortened and its control characters are escaped before it meets a terminal.
 */
export function malformed(code: string, what: string, where: string, detail: MalformedDetail = {}): AppError {
  return new AppError({
    kind: 'verification',
    code,
    what,
    where: printable(where),
    expected: detail.expected,
    got: detail.got === undefined ? undefined : printable(detail.got),
    cause: detail.cause,
  });
}

/** Untrusted text made fit for a terminal: at most 120 characters, control characters as `\xNN`. */
export function printable(text: string): string {
  const short = text.length > 120 ? `${text.slice(0, 119)}…` : text;
  return short.replace(CONTROL, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

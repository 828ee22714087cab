import { AppError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';

/** The failure for a word that is none of those known, with the one it was probably meant to be. */
export function unknownWord(what: string, got: string, known: readonly string[], before: string): AppError {
  const near = nearest(got, known);
  return new AppError({
    kind: 'usage',
    code: `usage.${what}`,
    what: `there is no ${what} ${got}`,
    expected: known.length === 0 ? undefined : `one of ${known.join(', ')}`,
    got,
    next: near === undefined ? `${before} --help` : `did you mean ${before} ${near}?`,
  });
}

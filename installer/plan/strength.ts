import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs, dictionary } from '@zxcvbn-ts/language-common';
import { AppError } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';

export interface Strength {
  /** Decimal logarithm of the guesses that a cracker needs. */
  readonly digits: number;
  readonly enough: boolean;
  readonly words: string;
}

/**
 * With argon2id at two seconds a guess, a thousand machines try some 10^10 in a year: 10^12 keeps a
 * stolen disk closed for decades.
 */
const ENOUGH = 12;

const estimator = new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });

/** Estimates a passphrase by zxcvbn: dictionaries, keyboard walks, dates, repeats. */
export function strengthOf(passphrase: Secret, about: readonly string[] = []): Strength {
  // The estimate takes time that grows with the length; the rest only makes it better.
  const digits = estimator.check(passphrase.reveal().slice(0, 100), [...about]).guessesLog10;
  const enough = digits >= ENOUGH;
  const words = digits < 8 ? 'weak' : enough ? (digits < 16 ? 'good' : 'strong') : 'not enough';
  return { digits, enough, words };
}

/** Throws an `AppError` (usage) when a passphrase is too weak. It is not in the message. */
export function assertStrong(passphrase: Secret, about: readonly string[]): void {
  const strength = strengthOf(passphrase, about);
  if (strength.enough) return;
  throw new AppError({
    kind: 'usage',
    code: 'passphrase.weak',
    what: 'The passphrase is too weak: whoever has the disk could guess it',
    expected: `about 10^${ENOUGH} guesses or more: for example five unrelated words`,
    got: `about 10^${Math.floor(strength.digits)} guesses`,
    next: 'choose a longer passphrase',
  });
}

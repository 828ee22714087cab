/**
 * The chain of trust of a Debian repository: pinned key → Release → index → file.
 *
 * ```ts
 * const verified = await verifyRelease({ inRelease }, keyring, repository.keys, {
 *   where: url, suite: 'trixie', now: new Date(clock()), checkFreshness: true, notBefore: locked?.date,
 * });
 * verifyIndex(verified.release, 'main/binary-amd64/Packages.xz', bytes, where);
 * ```
 *
 * `checkFreshness: true` (locking): the keys must be valid now, `Valid-Until` must not have passed and
 * `Date` must not lie in the future. `false` (a lock is proved again): the clock is not asked, keys must
 * have been valid when they signed. `notBefore` refuses a replayed older Release in both cases. Pure.
 */
import { AppError } from '../../core/errors.ts';
import { parseRelease, type Release, type ReleaseFile } from '../formats/release.ts';
import { checkBytes } from './hash-chain.ts';
import type { Keyring } from './keyring.ts';
import { verifyClearsigned, verifyDetached, type Verified } from './openpgp.ts';
import { CLOCK_SKEW } from './policy.ts';

/** `InRelease`, or `Release` with `Release.gpg`. */
export type SignedRelease =
  { readonly inRelease: Uint8Array } | { readonly release: Uint8Array; readonly signature: Uint8Array };

export interface ReleaseOptions {
  /** Where the bytes came from, for messages. */
  readonly where: string;
  /** What was asked for; must be the Release's Suite or Codename. */
  readonly suite: string;
  readonly now: Date;
  /** Date of the locked Release of the same suite. */
  readonly notBefore?: Date | undefined;
  readonly checkFreshness: boolean;
}

export interface VerifiedRelease extends Verified {
  readonly release: Release;
  /** The signed text. */
  readonly payload: Buffer;
}

/**
 * Verifies the signature of a Release file by one of `fingerprints`, reads it, and checks suite and
 * dates. Throws AppErrors of kind `verification`: `openpgp.*`, `keys.*`, `release.suite`,
 * `release.expired`, `release.future`, `release.rollback`; and what `parseRelease` throws.
 */
export async function verifyRelease(
  signed: SignedRelease,
  keyring: Keyring,
  fingerprints: readonly string[],
  options: ReleaseOptions,
): Promise<VerifiedRelease> {
  const { where, now } = options;
  const judgement = {
    keyring: keyring.select(fingerprints, where),
    where,
    now,
    keysValid: options.checkFreshness ? 'now' : 'when-signed',
  } as const;
  const verified =
    'inRelease' in signed
      ? await verifyClearsigned(signed.inRelease, judgement)
      : {
          ...(await verifyDetached(signed.release, signed.signature, judgement)),
          payload: Buffer.from(signed.release),
        };
  const release = parseRelease(verified.payload.toString('utf8'), where);
  checkSuite(release, options);
  if (options.checkFreshness) checkFreshness(release, options);
  checkRollback(release, options);
  return { ...verified, release };
}

/**
 * The entry of `path` after proving that `bytes` are it. Throws `chain.unlisted` for a path that the
 * Release does not list, `chain.index` for other bytes.
 */
export function verifyIndex(release: Release, path: string, bytes: Uint8Array, where: string): ReleaseFile {
  const entry = listedFile(release, path, where);
  checkBytes('index', where, entry, bytes);
  return entry;
}

/** What the Release says about `path`. Throws `chain.unlisted`. */
export function listedFile(release: Release, path: string, where: string): ReleaseFile {
  const entry = release.files.get(path);
  if (entry !== undefined) return entry;
  throw new AppError({
    kind: 'verification',
    code: 'chain.unlisted',
    what: 'the signed Release file does not list the index',
    where,
    expected: `${path} in the SHA256 list of ${release.codename}`,
    got: `${release.files.size} other files`,
    next: 'check the components and architectures of the repository in the recipe',
  });
}

/** The entry of an index's decompressed form, where the Release lists it. */
export function plainForm(release: Release, path: string): ReleaseFile | undefined {
  return release.files.get(path.replace(/\.(?:xz|gz)$/, ''));
}

function checkSuite(release: Release, { suite, where }: ReleaseOptions): void {
  if (suite === release.suite || suite === release.codename) return;
  throw releaseError('suite', 'the signed Release file is of another suite', {
    where,
    expected: suite,
    got: `suite ${release.suite}, codename ${release.codename}`,
    next: 'try another mirror with --mirror NAME=URL: this one serves a file in the wrong place',
  });
}

function checkFreshness(release: Release, { where, now }: ReleaseOptions): void {
  const { date, validUntil } = release;
  if (validUntil !== undefined && validUntil.getTime() < now.getTime()) {
    throw releaseError('expired', 'the Release file is past its Valid-Until', {
      where,
      expected: `a Release file that is valid at ${now.toISOString()}`,
      got: `Valid-Until ${validUntil.toISOString()}, Date ${date.toISOString()}`,
      next: 'try another mirror with --mirror NAME=URL (this one is stale), and check the clock: date -u',
    });
  }
  if (date.getTime() > now.getTime() + CLOCK_SKEW) {
    throw releaseError('future', 'the Release file is from the future', {
      where,
      expected: `a Date before ${now.toISOString()}`,
      got: `Date ${date.toISOString()}`,
      next: 'check the clock of this machine: date -u',
    });
  }
}

function checkRollback(release: Release, { where, notBefore }: ReleaseOptions): void {
  if (notBefore === undefined || release.date.getTime() >= notBefore.getTime()) return;
  throw releaseError('rollback', 'the Release file is older than the locked one', {
    where,
    expected: `Date ${notBefore.toISOString()} (locked) or later`,
    got: `Date ${release.date.toISOString()}`,
    next: 'try another mirror with --mirror NAME=URL: this one is behind, or replays old files',
  });
}

function releaseError(
  code: string,
  what: string,
  rest: { where: string; expected: string; got: string; next: string },
): AppError {
  return new AppError({ kind: 'verification', code: `release.${code}`, what, ...rest });
}

/**
 * `NAME.lock.json`, version 1: everything that a build takes from outside, exactly.
 *
 * ```ts
 * const lock = parseLock(text, where);   // refuses any edit
 * checkFits(lock, recipe, where);        // refuses another recipe than it was made from
 * await writeFileAtomic(path, printLock(lock));
 * ```
 */
import { z } from 'zod';
import { fedoraLockSchema } from './fedora-schema.ts';
import { date, digest, fingerprint, path, size, word } from './fields.ts';
import { upstreamSchema } from './upstream-schema.ts';

const index = z.strictObject({
  kind: z.enum(['packages', 'sources']),
  component: word,
  architecture: word,
  path,
  size,
  sha256: digest,
});

const release = z.strictObject({
  repository: word,
  suite: path,
  codename: word,
  /** Of the Release file. */
  date,
  validUntil: date.optional(),
  signer: fingerprint,
  signingKey: fingerprint,
  /** SHA-256 of the archived InRelease, or of Release and Release.gpg. */
  evidence: z.union([
    z.strictObject({ inRelease: digest }),
    z.strictObject({ release: digest, signature: digest }),
  ]),
  indexes: z.array(index),
});

const origin = { repository: word, suite: path, component: word };

const lockedPackage = z.strictObject({
  name: word,
  version: word,
  architecture: word,
  size,
  sha256: digest,
  path,
  ...origin,
});

const lockedSource = z.strictObject({
  name: word,
  version: word,
  directory: path,
  ...origin,
  files: z.array(z.strictObject({ name: path, size, sha256: digest })).min(1),
});

export const lockSchema = z.strictObject({
  version: z.literal(1),
  family: z.literal('debian'),
  recipe: z.strictObject({ name: word, digest }),
  architecture: word,
  releases: z.array(release),
  /** In the order of installation. */
  packages: z.array(lockedPackage),
  sources: z.array(lockedSource),
  /** A source that upstream signed; then there is nothing of the distribution. */
  upstream: upstreamSchema.optional(),
});

export type Lock = z.infer<typeof lockSchema>;
export type LockedRelease = Lock['releases'][number];
export type LockedIndex = LockedRelease['indexes'][number];
export type LockedPackage = Lock['packages'][number];
export type LockedSource = Lock['sources'][number];

export type { FedoraLock } from './fedora-schema.ts';
/** The lock of a recipe of any family. */
export type AnyLock = Lock | z.infer<typeof fedoraLockSchema>;

export type AnyPackage = AnyLock['packages'][number];

/** What a lock file holds: the lock and the digest of its canonical JSON. */
export const lockFileSchema = z.discriminatedUnion('family', [
  z.strictObject({ ...lockSchema.shape, digest }),
  z.strictObject({ ...fedoraLockSchema.shape, digest }),
]);

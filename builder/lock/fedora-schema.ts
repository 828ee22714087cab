/** `NAME.lock.json` of the Fedora family: what a build takes from RPM repositories, exactly. */
import { z } from 'zod';
import { date, digest, fingerprint, path, size, word } from './fields.ts';

const metadata = z.strictObject({
  /** As `repomd.xml` calls it: `primary`, `filelists`. */
  type: word,
  path,
  size,
  sha256: digest,
});

const repository = z.strictObject({
  repository: word,
  /** The newest timestamp in `repomd.xml`: an older one is refused from now on. */
  date,
  /** SHA-256 of `repomd.xml`, which is archived beside the lock. */
  repomd: digest,
  /** Whether a metalink over https vouched for it. */
  metalink: z.boolean(),
  metadata: z.array(metadata),
});

const lockedRpm = z.strictObject({
  name: word,
  /** `[epoch:]version-release`. */
  version: word,
  architecture: word,
  repository: word,
  path,
  /** Of the whole file. */
  size,
  sha256: digest,
  /** Of the main header, which the signature covers. */
  header: digest,
  /** Of the compressed payload, as the header states it. */
  payload: digest,
  /** Primary fingerprint of the pinned key that signed the header. */
  signer: fingerprint,
  signingKey: fingerprint,
});

export const fedoraLockSchema = z.strictObject({
  version: z.literal(1),
  family: z.literal('fedora'),
  recipe: z.strictObject({ name: word, digest }),
  architecture: word,
  repositories: z.array(repository),
  /** By name; rpm finds the order of installation itself. */
  packages: z.array(lockedRpm),
});

export type FedoraLock = z.infer<typeof fedoraLockSchema>;
export type LockedRpm = FedoraLock['packages'][number];
export type LockedRepository = FedoraLock['repositories'][number];

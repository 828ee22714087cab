/** Sources that upstream signs itself: what a recipe asks for, and what a lock holds of it. */
import { z } from 'zod';
import { date, digest, fingerprint, size, word } from './fields.ts';

/** A release archive with its detached signature. */
export interface TarballSpec {
  readonly tarball: string;
  readonly signature: string;
  /** Primary fingerprints of which one must have signed. */
  readonly keys: readonly string[];
}

/** A signed tag of a repository that is served by HTTP. */
export interface GitSpec {
  readonly git: string;
  readonly tag: string;
  readonly keys: readonly string[];
}

export type UpstreamSpec = TarballSpec | GitSpec;

const objectId = z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/, 'not the id of an object of git');

const common = {
  /** `xen-4.20.0`, or the name of the tag. */
  name: word,
  url: word,
  /** Of the archive; for a tag, of the tar that its files make. */
  size,
  sha256: digest,
  signer: fingerprint,
  signingKey: fingerprint,
  /** When it was signed. */
  date,
};

export const upstreamSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('tarball'),
    ...common,
    /** SHA-256 of the archived signature. */
    signature: digest,
  }),
  z.strictObject({
    kind: z.literal('git'),
    ...common,
    /** Ids of the tag, its commit, and the tree of that. */
    tag: objectId,
    commit: objectId,
    tree: objectId,
    /** SHA-256 of the archived objects that prove the tree. */
    evidence: z.strictObject({ tag: digest, commit: digest }),
  }),
]);

/** What a lock holds of a source that upstream signed. */
export type LockedUpstream = z.infer<typeof upstreamSchema>;

import { createHash } from 'node:crypto';
import { UnparseablePacket } from 'openpgp';
import { AppError } from '../../../core/errors.ts';
import { parseSha256, sha256, type Sha256 } from '../../../core/digest.ts';
import { readIdentity, type RpmIdentity } from '../../formats/rpm/identity.ts';
import type { RpmHeader } from '../../formats/rpm/header.ts';
import { readRpm } from '../../formats/rpm/package.ts';
import { TAG } from '../../formats/rpm/tags.ts';
import type { Fingerprint } from '../fingerprint.ts';
import { verifyDetached, type Verified, type VerifyOptions } from '../openpgp.ts';
import { headerDigestProblem } from './digests.ts';
import { headerSignatures, legacySignatures, type RpmSignature } from './header-signatures.ts';

/** What was proved of a package: pinned key → header → payload. The lock keeps it. */
export interface RpmEvidence {
  readonly identity: RpmIdentity;
  /** Of the whole file, in bytes. */
  readonly size: number;
  /** Of the whole file. */
  readonly sha256: Sha256;
  /** Of the main header: what the signature covers. */
  readonly headerSha256: Sha256;
  /** Of the compressed payload, as the signed header states it (tag 5092). */
  readonly payloadSha256: Sha256;
  /** Primary fingerprint of the pinned key. */
  readonly signer: Fingerprint;
  readonly signingKey: Fingerprint;
  readonly signedAt: Date;
}

/**
 * Proves one package in a single pass over its bytes: a signature over the header by a key of the ring,
 * and the payload digest in that header (RPM 4.20 manual, "Signatures and digests"). Signatures over
 * header and payload alone, version 3 signatures, DSA and SHA-1 are refused with that reason. Memory is
 * the size of the headers.
 *
 * @throws {AppError} kind `verification`, code `rpm.*` or `openpgp.*`
 */
export async function verifyRpm(
  chunks: AsyncIterable<Uint8Array>,
  options: VerifyOptions,
): Promise<RpmEvidence> {
  const file = new HashedStream(chunks);
  const { where } = options;
  const { signature, header, payload } = await readRpm(file.chunks(), where);
  const verified = await verifyHeader(signature, header, options);
  const identity = readIdentity(header, where);
  const payloadSha256 = await verifyPayload(header, payload, where);
  return {
    identity,
    size: file.size,
    sha256: file.digest(),
    headerSha256: sha256(header.bytes),
    payloadSha256,
    ...verified,
  };
}

async function verifyHeader(
  signature: RpmHeader,
  header: RpmHeader,
  options: VerifyOptions,
): Promise<Verified> {
  const { where } = options;
  const signatures = await headerSignatures(signature, where);
  if (signatures.length === 0) throw await unsigned(signature, where);
  const verified = await verifyDetached(
    header.bytes,
    Buffer.concat(signatures.map(({ bytes }) => bytes)),
    options,
  );
  const problem = headerDigestProblem(signature, header.bytes);
  if (problem === undefined) return verified;
  throw refused(
    'rpm.header-digest',
    'A digest of the package header does not fit the header.',
    where,
    problem,
  );
}

async function unsigned(signature: RpmHeader, where: string): Promise<AppError> {
  const legacy = await legacySignatures(signature, where);
  const expected = 'a signature over the header by a pinned key';
  if (legacy.length === 0) {
    return refused('rpm.unsigned', 'The package is not signed.', where, { expected, got: 'no signature' });
  }
  const got = `only a signature over header and payload together (${legacy.map(describeVersion).join(', ')})`;
  return refused('rpm.legacy-signature', 'The package has no signature of a kind that counts.', where, {
    expected,
    got,
  });
}

function describeVersion({ packet, tag }: RpmSignature): string {
  const version = packet instanceof UnparseablePacket ? (packet.write()[0] ?? 0) : packet.version;
  return `version ${String(version)}, tag ${tag}`;
}

const SHA256_ALGORITHM = 8;

async function verifyPayload(
  header: RpmHeader,
  payload: AsyncIterable<Uint8Array>,
  where: string,
): Promise<Sha256> {
  const [stated, ...more] = header.strings(TAG.payloadSha256);
  const algorithm = header.number(TAG.payloadDigestAlgorithm) ?? SHA256_ALGORITHM;
  const expected = stated === undefined || more.length > 0 ? undefined : parseSha256(stated);
  if (expected === undefined || algorithm !== SHA256_ALGORITHM) {
    throw refused('rpm.payload-unsigned', 'The signature of the package does not cover its payload.', where, {
      expected: 'one SHA-256 of the payload in the signed header (tag 5092)',
      got: stated === undefined ? 'none' : `${[stated, ...more].join(', ')} (algorithm ${algorithm})`,
    });
  }
  const hash = createHash('sha256');
  for await (const chunk of payload) hash.update(chunk);
  const got = hash.digest('hex');
  if (got === expected) return expected;
  throw refused('rpm.payload', 'The payload of the package is not the one that was signed.', where, {
    expected: `SHA-256 ${expected}`,
    got: `SHA-256 ${got}`,
  });
}

function refused(
  code: string,
  what: string,
  where: string,
  detail: { readonly expected: string; readonly got: string },
): AppError {
  const next = 'try another mirror with --mirror NAME=URL; if it persists, somebody changed the package';
  return new AppError({ kind: 'verification', code, what, where, ...detail, next });
}

/** Passes chunks on while it counts and hashes them. */
class HashedStream {
  readonly #source: AsyncIterable<Uint8Array>;
  readonly #hash = createHash('sha256');
  #size = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source;
  }

  async *chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of this.#source) {
      this.#hash.update(chunk);
      this.#size += chunk.length;
      yield chunk;
    }
  }

  get size(): number {
    return this.#size;
  }

  /** Once, after the last chunk. */
  digest(): Sha256 {
    return this.#hash.digest('hex') as Sha256;
  }
}

/**
 * What we accept as a signature, decided before and after openpgp.js does the arithmetic.
 *
 * openpgp.js drops signatures that it does not support (version 3) without a word and judges the
 * expiry of a key at the time of signing only, so both are asked here, in our own words.
 */
import { enums, UnparseablePacket, type SignaturePacket } from 'openpgp';
import { AppError } from '../../core/errors.ts';
import { parseFingerprint, type Fingerprint } from './fingerprint.ts';
import { keyState } from './key-state.ts';
import type { Keyring, PinnedKey } from './keyring.ts';
import { POLICY } from './policy.ts';

export interface Judgement {
  readonly now: Date;
  /**
   * `now`: the key must be valid today too, and nothing may come from the future.
   * `when-signed`: for evidence that is proved again later; the clock is not asked. A revocation
   * for compromise counts in both cases.
   */
  readonly keysValid: 'now' | 'when-signed';
  /** What is verified, for messages. */
  readonly where: string;
}

/** A signature that is worth verifying: its form is accepted and its key is pinned. */
export interface Candidate {
  readonly packet: SignaturePacket;
  readonly created: Date;
  readonly pinned: PinnedKey;
  readonly signingKey: Fingerprint;
}

/** Why a signature does not count. `order` ranks what is worth telling first. */
export interface Rejection {
  readonly code: 'unsupported' | 'unknown-key' | 'bad-signature' | 'key-expired' | 'key-revoked' | 'future';
  readonly what: string;
  readonly expected?: string;
  readonly got: string;
}

/** Sorts a signature packet: a candidate, or the reason why not. `kinds`: accepted signature types. */
export function examine(
  packet: SignaturePacket | UnparseablePacket,
  keyring: Keyring,
  kinds: readonly enums.signature[],
): Candidate | Rejection {
  if (packet instanceof UnparseablePacket) return unsupported(`a version ${versionOf(packet)} signature`);
  const { signatureType, hashAlgorithm, publicKeyAlgorithm } = packet;
  const created = createdAt(packet);
  if (signatureType === null || !kinds.includes(signatureType) || created === null) {
    return unsupported(`a signature of type ${String(signatureType)}`);
  }
  if (hashAlgorithm === null || POLICY.rejectHashAlgorithms?.has(hashAlgorithm) === true) {
    return unsupported(`a signature over ${nameOf(enums.hash, hashAlgorithm)}`);
  }
  if (publicKeyAlgorithm === null || POLICY.rejectPublicKeyAlgorithms?.has(publicKeyAlgorithm) === true) {
    return unsupported(`a ${nameOf(enums.publicKey, publicKeyAlgorithm)} signature`);
  }
  const found = findKey(packet, keyring.keys);
  if (found !== undefined) return { packet, created, ...found };
  return unknownKey(packet, keyring);
}

/** Null when there is none: openpgp.js takes over a second creation time of another length, which is no time at all. */
function createdAt({ created }: SignaturePacket): Date | null {
  return created === null || Number.isNaN(created.getTime()) ? null : created;
}

/** Whether the signing key was usable at `date`; the reason when it was not. */
export async function keyProblem(candidate: Candidate, date: Date): Promise<Rejection | undefined> {
  const { pinned, packet } = candidate;
  const { state, reason } = await keyState(pinned, date, packet.issuerKeyID);
  const got = `${nameKey(pinned)}: ${reason} (judged at ${date.toISOString()})`;
  switch (state) {
    case 'valid':
      return undefined;
    case 'revoked':
      return { code: 'key-revoked', what: 'the signing key has been revoked', got };
    case 'expired': {
      const end = pinned.expires?.toISOString() ?? 'earlier';
      const expected = `a key that is valid at ${date.toISOString()}; this one ended ${end}`;
      return { code: 'key-expired', what: 'the signing key has expired', expected, got };
    }
    case 'unusable':
      return { code: 'unsupported', what: 'the signing key cannot be used', got };
  }
}

/** The key for people: fingerprint and owner. */
export function nameKey(pinned: PinnedKey): string {
  return `${pinned.fingerprint} (${pinned.owner})`;
}

/** The error for a rejection. */
export function rejectionError(rejection: Rejection, where: string, all: readonly Rejection[]): AppError {
  const others = all.filter((other) => other !== rejection).map((other) => `${other.what}: ${other.got}`);
  return new AppError({
    kind: 'verification',
    code: `openpgp.${rejection.code}`,
    what: `signature: ${rejection.what}`,
    where,
    expected: rejection.expected,
    got: [rejection.got, ...others].join('\n'),
    next: NEXT[rejection.code],
  });
}

const NEXT: Partial<Record<Rejection['code'], string>> = {
  'unknown-key': 'qubeforge keys (a key is added to keys/keys.yaml and to the recipe, never by a flag)',
  'bad-signature': 'try another mirror with --mirror NAME=URL; if it persists, somebody changed the file',
  'key-expired': 'qubeforge keys check',
  'key-revoked': 'qubeforge keys check',
  future: 'check the clock of this machine: date -u',
};

function findKey(
  packet: SignaturePacket,
  keys: readonly PinnedKey[],
): { pinned: PinnedKey; signingKey: Fingerprint } | undefined {
  const issuer = issuerOf(packet);
  for (const pinned of keys) {
    for (const key of pinned.key.getKeys(packet.issuerKeyID)) {
      const signingKey = parseFingerprint(key.getFingerprint());
      if (signingKey !== undefined && (issuer === undefined || issuer === signingKey)) {
        return { pinned, signingKey };
      }
    }
  }
  return undefined;
}

function unknownKey(packet: SignaturePacket, keyring: Keyring): Rejection {
  const expected = `a signature by one of${keyring.keys.map((key) => `\n${nameKey(key)}`).join('')}`;
  const other = findKey(packet, keyring.others);
  if (other !== undefined) {
    const what = 'made by a key that is pinned, but not allowed for this repository';
    return { code: 'unknown-key', what, expected, got: nameKey(other.pinned) };
  }
  const got = issuerOf(packet) ?? `key id ${packet.issuerKeyID.toHex().toUpperCase()}`;
  return { code: 'unknown-key', what: 'made by a key that is not pinned', expected, got };
}

function issuerOf(packet: SignaturePacket): Fingerprint | undefined {
  return packet.issuerFingerprint === null
    ? undefined
    : parseFingerprint(Buffer.from(packet.issuerFingerprint).toString('hex'));
}

function unsupported(got: string): Rejection {
  const expected = 'a version 4 or 6 signature by RSA, ECDSA or EdDSA over SHA-2 or SHA-3';
  return { code: 'unsupported', what: 'of a kind that is not accepted', expected, got };
}

function versionOf(packet: UnparseablePacket): string {
  return String(packet.write()[0] ?? 'unknown');
}

function nameOf(names: Record<string, unknown>, value: number | null): string {
  const found = Object.entries(names).find(([, number]) => number === value);
  return found === undefined ? `algorithm ${String(value)}` : found[0].toUpperCase();
}

import {
  createMessage,
  enums,
  generateKey,
  readKey,
  readPrivateKey,
  readSignature,
  sign,
  verify,
  type PartialConfig,
  type PrivateKey,
} from 'openpgp';
import { AppError } from '../../core/errors.ts';

/** The same key, data and date give the same signature: no random notation, and EdDSA has no nonce of its own. */
const DETERMINISTIC: PartialConfig = {
  nonDeterministicSignaturesViaNotation: false,
  preferredHashAlgorithm: enums.hash.sha512,
};

/** Before every SOURCE_DATE_EPOCH, so that a medium's signature is never older than its key. */
const KEY_DATE = new Date('2024-01-01T00:00:00Z');

export interface ReleaseKey {
  /** Of the primary key, in capitals. */
  readonly fingerprint: string;
  /** The public part, armored, as it goes onto the medium. */
  readonly publicKey: string;
}

/** A new Ed25519 key (RFC 9580 version 4, unprotected) for signing media; armored. */
export async function createReleaseKey(owner: string): Promise<string> {
  const { privateKey } = await generateKey({
    type: 'ecc',
    curve: 'ed25519Legacy',
    userIDs: [{ name: owner }],
    date: KEY_DATE,
    format: 'armored',
  });
  return privateKey;
}

/** The public side of an armored private key. Throws an `AppError` (kind `usage`) when it is none. */
export async function releaseKeyOf(armored: string, where: string): Promise<ReleaseKey> {
  const key = await openKey(armored, where);
  return {
    fingerprint: key.getFingerprint().toUpperCase(),
    // Read again: armoring what was generated may differ from armoring what was read.
    publicKey: (await readKey({ armoredKey: key.toPublic().armor() })).armor(),
  };
}

/**
 * A detached, armored signature (RFC 9580 §5.2, type 0x00) dated `epoch` (seconds since 1970), or the key's own
 * date where that is later. Throws an `AppError` (kind `usage`) for a key that cannot sign.
 */
export async function signRelease(
  armored: string,
  where: string,
  data: Uint8Array,
  epoch: number,
): Promise<string> {
  const key = await openKey(armored, where);
  const date = new Date(Math.max(epoch * 1000, key.getCreationTime().getTime()));
  const message = await createMessage({ binary: data });
  const options = { message, signingKeys: key, detached: true, date, config: DETERMINISTIC } as const;
  return String(await sign({ ...options, format: 'armored' }));
}

/**
 * Verifies a signature of {@link signRelease} with the public key that goes with it, and names that key. Throws
 * `release.signature` (kind `verification`) when it does not hold. Whether the key is the right one is for others to say.
 */
export async function verifyWithReleaseKey(
  armoredKey: string,
  where: string,
  data: Uint8Array,
  signature: string,
): Promise<{ readonly fingerprint: string; readonly owner: string }> {
  try {
    const key = (await readKey({ armoredKey })).toPublic();
    const { signatures } = await verify({
      message: await createMessage({ binary: data }),
      signature: await readSignature({ armoredSignature: signature }),
      verificationKeys: key,
      expectSigned: true,
      format: 'binary',
    });
    await Promise.all(signatures.map(({ verified }) => verified));
    return { fingerprint: key.getFingerprint().toUpperCase(), owner: key.getUserIDs().join(', ') };
  } catch (error) {
    throw new AppError({
      kind: 'verification',
      code: 'release.signature',
      what: 'the list of what is on the medium is not signed by the key on it',
      where,
      expected: 'a signature by release-key.asc',
      got: error instanceof Error ? error.message : String(error),
      next: 'build the medium again: qubeforge build RECIPE',
      cause: error,
    });
  }
}

async function openKey(armored: string, where: string): Promise<PrivateKey> {
  const bad = (got: string, cause?: unknown): AppError =>
    new AppError({
      kind: 'usage',
      code: 'release.key',
      what: 'this is no key that can sign a medium',
      where,
      expected: 'an armored OpenPGP private key without a passphrase',
      got,
      next: 'export one with: gpg --export-secret-keys --armor FINGERPRINT',
      cause,
    });
  const key = await readPrivateKey({ armoredKey: armored }).catch((error: unknown) => {
    throw bad(error instanceof Error ? error.message : String(error), error);
  });
  if (!key.isDecrypted()) throw bad('a key with a passphrase');
  return key;
}

import { createPublicKey, createVerify, type KeyObject } from 'node:crypto';
import { enums } from 'openpgp';
import type { Keyring } from '../keyring.ts';

/**
 * A version 3 signature packet (RFC 4880 §5.2.2), as Fedora wrote them until release 32. openpgp.js does
 * not read them, and no package is accepted because of one: this only serves to tell users whether such
 * a signature fits, beside telling them that it is too old.
 */
export interface Version3Signature {
  readonly version: 3;
  readonly type: number;
  readonly keyId: string;
  readonly publicKeyAlgorithm: number;
  readonly hashAlgorithm: number;
  /** Type and time: hashed behind the signed data. */
  readonly trailer: Uint8Array;
  /** The RSA number, big-endian. */
  readonly integer: Uint8Array;
}

/** Reads the body of a signature packet; undefined when it is not a well-formed version 3 one by RSA. */
export function readVersion3(body: Uint8Array): Version3Signature | undefined {
  if (body.length < 22 || body[0] !== 3 || body[1] !== 5) return undefined;
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const integer = body.subarray(21);
  if (Math.ceil(view.getUint16(19) / 8) !== integer.length) return undefined;
  return {
    version: 3,
    type: view.getUint8(2),
    keyId: Buffer.from(body.subarray(7, 15)).toString('hex'),
    publicKeyAlgorithm: view.getUint8(15),
    hashAlgorithm: view.getUint8(16),
    trailer: body.subarray(2, 7),
    integer,
  };
}

export type Version3Outcome = 'OK' | 'BAD' | 'NOKEY' | 'UNSUPPORTED';

/** Whether the signature fits `data` by a key of the ring. RSA over SHA-1 or SHA-2 is all that is judged. */
export async function judgeVersion3(
  signature: Version3Signature,
  data: AsyncIterable<Uint8Array>,
  keyring: Keyring,
): Promise<Version3Outcome> {
  const hash = HASHES.get(signature.hashAlgorithm);
  if (hash === undefined || signature.publicKeyAlgorithm !== RSA) return 'UNSUPPORTED';
  const key = findRsaKey(keyring, signature.keyId);
  if (key === undefined) return 'NOKEY';
  const verifier = createVerify(hash);
  for await (const chunk of data) verifier.update(chunk);
  verifier.update(signature.trailer);
  // PKCS #1 wants the number as long as the modulus; OpenPGP drops leading zeros.
  const padded = Buffer.concat([
    Buffer.alloc(Math.max(0, key.size - signature.integer.length)),
    signature.integer,
  ]);
  return verifier.verify(key.object, padded) ? 'OK' : 'BAD';
}

const RSA: number = enums.publicKey.rsaEncryptSign;
const HASHES = new Map<number, string>([
  [enums.hash.sha1, 'RSA-SHA1'],
  [enums.hash.sha256, 'RSA-SHA256'],
  [enums.hash.sha384, 'RSA-SHA384'],
  [enums.hash.sha512, 'RSA-SHA512'],
]);

/** The key with this id, and the length of its modulus in bytes. */
function findRsaKey(keyring: Keyring, keyId: string): { object: KeyObject; size: number } | undefined {
  const all = keyring.keys.flatMap(({ key }) => key.getKeys());
  const found = all.find((key) => key.getKeyID().toHex() === keyId);
  const { n, e } = (found?.keyPacket.publicParams ?? {}) as Partial<Record<'n' | 'e', Uint8Array>>;
  if (n === undefined || e === undefined) return undefined;
  const jwk = {
    kty: 'RSA',
    n: Buffer.from(n).toString('base64url'),
    e: Buffer.from(e).toString('base64url'),
  };
  return { object: createPublicKey({ key: jwk, format: 'jwk' }), size: n.length };
}

import { enums, type PartialConfig } from 'openpgp';

/**
 * The algorithms that we accept: RSA of 2048 bits or more, ECDSA, EdDSA; SHA-2 and SHA-3. Refused are
 * DSA, MD5, RIPEMD-160 and SHA-1, in a key's own self-signatures too.
 */
export const POLICY: PartialConfig = {
  minRSABits: 2048,
  rejectHashAlgorithms: new Set([enums.hash.md5, enums.hash.sha1, enums.hash.ripemd]),
  rejectMessageHashAlgorithms: new Set([enums.hash.md5, enums.hash.sha1, enums.hash.ripemd]),
  rejectPublicKeyAlgorithms: new Set([enums.publicKey.elgamal, enums.publicKey.dsa]),
};

/** How far a signer's clock may run ahead of ours, in milliseconds. */
export const CLOCK_SKEW = 5 * 60_000;

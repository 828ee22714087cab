import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { enums, UnparseablePacket } from 'openpgp';
import { AppError } from '../../../core/errors.ts';
import type { RpmHeader } from '../../formats/rpm/header.ts';
import { readRpm, type RpmPackage } from '../../formats/rpm/package.ts';
import { SIGNATURE_TAG, TAG } from '../../formats/rpm/tags.ts';
import { verifyDetachedStream, type VerifyOptions } from '../openpgp.ts';
import { headerDigests } from './digests.ts';
import { headerSignatures, legacySignatures, type RpmSignature } from './header-signatures.ts';
import { judgeVersion3, readVersion3 } from './version3.ts';

/** The words that `rpmkeys --checksig -v` uses. */
export type RpmOutcome = 'OK' | 'BAD' | 'NOKEY' | 'NOTTRUSTED' | 'UNSUPPORTED';

export interface RpmFinding {
  /** For example `Header V4 RSA/SHA256 Signature, key ID 1964c5fc`. */
  readonly check: string;
  readonly outcome: RpmOutcome;
  readonly reason?: string;
}

/**
 * Every signature and digest of a package with what it is worth by itself, in the order and the words
 * of `rpmkeys --checksig -v`. A report for people: only `verifyRpm` decides what is used, and it refuses
 * much of what is `OK` here (version 3, signatures over header and payload, no signature at all).
 *
 * @param open gives the package from its start, each time it is called
 * @throws {AppError} `rpm.*` when the package cannot be read at all
 */
export async function inspectRpm(
  open: () => AsyncIterable<Uint8Array>,
  options: VerifyOptions,
): Promise<readonly RpmFinding[]> {
  const { where } = options;
  const { signature, header } = await readRpm(open(), where);
  const reopen = (): Promise<RpmPackage> => readRpm(open(), where);
  const findings: RpmFinding[] = [];
  for (const one of await headerSignatures(signature, where)) {
    findings.push(await judge(one, () => once(header.bytes), options));
  }
  for (const { name, expected, got } of headerDigests(signature, header.bytes)) {
    findings.push(finding(name, expected, got));
  }
  const payload = await payloadDigests(signature, header, await reopen());
  findings.push(...payload.filter(({ check }) => check.startsWith('Payload')));
  for (const one of await legacySignatures(signature, where)) {
    findings.push(await judge(one, () => headerAndPayload(reopen), options));
  }
  return [...findings, ...payload.filter(({ check }) => !check.startsWith('Payload'))];
}

async function judge(
  signature: RpmSignature,
  data: () => AsyncIterable<Uint8Array>,
  options: VerifyOptions,
): Promise<RpmFinding> {
  const prefix = signature.covers === 'header' ? 'Header ' : '';
  const { packet } = signature;
  if (packet instanceof UnparseablePacket) {
    const old = readVersion3(packet.write());
    if (old === undefined) return { check: `${prefix}signature of another kind`, outcome: 'UNSUPPORTED' };
    const check = `${prefix}${describe(3, old.publicKeyAlgorithm, old.hashAlgorithm, old.keyId)}`;
    return { check, outcome: await judgeVersion3(old, data(), options.keyring) };
  }
  const check = `${prefix}${describe(
    packet.version,
    packet.publicKeyAlgorithm ?? 0,
    packet.hashAlgorithm ?? 0,
    packet.issuerKeyID.toHex(),
  )}`;
  try {
    await verifyDetachedStream(data(), signature.bytes, options);
    return { check, outcome: 'OK' };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { check, outcome: OUTCOMES[error.code] ?? 'NOTTRUSTED', reason: error.got ?? error.message };
  }
}

const OUTCOMES: Readonly<Record<string, RpmOutcome>> = {
  'openpgp.bad-signature': 'BAD',
  'openpgp.unknown-key': 'NOKEY',
};

function describe(version: number, algorithm: number, hash: number, keyId: string): string {
  const names = `${ALGORITHMS.get(algorithm) ?? algorithm}/${nameOfHash(hash)}`;
  return `V${version} ${names} Signature, key ID ${keyId.slice(-8).toLowerCase()}`;
}

const ALGORITHMS = new Map<number, string>([
  [enums.publicKey.rsaEncryptSign, 'RSA'],
  [enums.publicKey.rsaSign, 'RSA'],
  [enums.publicKey.dsa, 'DSA'],
  [enums.publicKey.ecdsa, 'ECDSA'],
  [enums.publicKey.eddsaLegacy, 'EdDSA'],
  [enums.publicKey.ed25519, 'Ed25519'],
]);

function nameOfHash(hash: number): string {
  const found = Object.entries(enums.hash).find(([, value]) => Number(value) === hash);
  return found?.[0].toUpperCase() ?? String(hash);
}

function finding(check: string, expected: string, got: string): RpmFinding {
  return expected === got
    ? { check, outcome: 'OK' }
    : { check, outcome: 'BAD', reason: `expected ${expected}, got ${got}` };
}

/** Digests that need the whole package: of the payload alone, and the MD5 of header and payload. */
async function payloadDigests(
  signature: RpmHeader,
  header: RpmHeader,
  { payload }: RpmPackage,
): Promise<readonly RpmFinding[]> {
  const md5 = createHash('md5').update(header.bytes);
  const sha256 = createHash('sha256');
  for await (const chunk of payload) {
    md5.update(chunk);
    sha256.update(chunk);
  }
  const got = sha256.digest('hex');
  const stated = header.string(TAG.payloadSha256);
  const statedMd5 = signature.binary(SIGNATURE_TAG.md5);
  return [
    // The digest of the payload before compression: equal only where it was not compressed.
    ...(header.string(TAG.payloadSha256Alt) === got ? [finding('Payload SHA256 ALT digest', got, got)] : []),
    ...(stated === undefined ? [] : [finding('Payload SHA256 digest', stated, got)]),
    ...(statedMd5 === undefined
      ? []
      : [finding('MD5 digest', Buffer.from(statedMd5).toString('hex'), md5.digest('hex'))]),
  ];
}

function once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  return Readable.from([bytes]);
}

async function* headerAndPayload(
  reopen: () => Promise<RpmPackage>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { header, payload } = await reopen();
  yield header.bytes;
  yield* payload;
}

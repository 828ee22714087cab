import { beforeAll, describe, expect, it } from 'vitest';
import { assembleRpm, writeRpm, writeRpmParts } from '../../../builder/formats/rpm/package-write.ts';
import { SIGNATURE_TAG, TAG } from '../../../builder/formats/rpm/tags.ts';
import type { Keyring } from '../../../builder/verify/keyring.ts';
import { inspectRpm } from '../../../builder/verify/rpm/inspect.ts';
import { verifyRpm, type RpmEvidence } from '../../../builder/verify/rpm/package.ts';
import { codeOfAsync } from '../../support/only-app-errors.ts';
import { inPieces, makeSigner, ringOf, sampleSpec, signBytes, signedRpm } from '../../support/rpm-samples.ts';

const now = new Date('2025-06-01T00:00:00Z');
let signer: Awaited<ReturnType<typeof makeSigner>>;
let other: Awaited<ReturnType<typeof makeSigner>>;
let good: Buffer;

beforeAll(async () => {
  [signer, other] = await Promise.all([makeSigner(), makeSigner()]);
  good = await signedRpm(signer.key);
});

function verify(bytes: Uint8Array, keyring: Keyring = ringOf(signer.pinned)): Promise<RpmEvidence> {
  return verifyRpm(inPieces(bytes), { keyring, now, keysValid: 'now', where: 'sample.rpm' });
}

/** The package with one byte changed at `at`, counted from the end when negative. */
function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  const place = at < 0 ? copy.length + at : at;
  copy.writeUInt8(copy.readUInt8(place) ^ 1, place);
  return copy;
}

describe('a package', () => {
  it('is accepted with a header signature by a pinned key', async () => {
    const evidence = await verify(good);
    expect(evidence.signer).toBe(signer.pinned.fingerprint);
    expect(evidence.size).toBe(good.length);
    expect(evidence.identity.name).toBe('sample');
  });

  it('is accepted with a version 6 signature list', async () => {
    const bytes = await signedRpm(signer.key, { tag: SIGNATURE_TAG.openpgp });
    expect((await verify(bytes)).signer).toBe(signer.pinned.fingerprint);
  });

  it.each<[string, string, () => Promise<Buffer>]>([
    ['a changed header', 'openpgp.bad-signature', () => Promise.resolve(swap(good, 'sample', 'simple'))],
    ['a changed payload', 'rpm.payload', () => Promise.resolve(flipped(good, -600))],
    ['a payload cut short', 'rpm.payload', () => Promise.resolve(good.subarray(0, -4))],
    ['bytes behind the payload', 'rpm.payload', () => Promise.resolve(Buffer.concat([good, good]))],
    [
      'a changed signature',
      'openpgp.bad-signature',
      () => Promise.resolve(flipped(good, signatureEnd(good))),
    ],
    ['a signature by another key', 'openpgp.unknown-key', () => signedRpm(other.key)],
    ['no signature', 'rpm.unsigned', () => Promise.resolve(writeRpm(sampleSpec))],
    [
      'only a signature over header and payload',
      'rpm.legacy-signature',
      () => signedRpm(signer.key, { tag: SIGNATURE_TAG.legacyRsa }),
    ],
    ['no payload digest in the signed header', 'rpm.payload-unsigned', () => withoutPayloadDigest()],
    [
      'a signature from the future',
      'openpgp.future',
      () => signedRpm(signer.key, { date: new Date('2025-07-01') }),
    ],
  ])('is refused with %s', async (_, code, make) => {
    const bytes = await make();
    expect(await codeOfAsync(() => verify(bytes))).toBe(code);
  });

  it('is refused with a key that has expired', async () => {
    const expired = await makeSigner({ expiresAfter: 370 * 86_400 });
    const bytes = await signedRpm(expired.key);
    expect(await codeOfAsync(() => verify(bytes, ringOf(expired.pinned)))).toBe('openpgp.key-expired');
  });

  it('is refused when a digest beside a good signature is wrong', async () => {
    const parts = writeRpmParts(sampleSpec);
    const bytes = await signBytes(parts.header, signer.key, new Date('2025-01-01'));
    const rpm = assembleRpm(
      sampleSpec,
      parts,
      new Map([[SIGNATURE_TAG.rsaHeader, { type: 'bin', value: bytes }]]),
    );
    const wrong = swap(rpm, digestText(rpm), '0'.repeat(64));
    expect(await codeOfAsync(() => verify(wrong))).toBe('rpm.header-digest');
  });

  it('is told about in the words of rpmkeys', async () => {
    const findings = await inspectRpm(() => inPieces(good), {
      keyring: ringOf(signer.pinned),
      now,
      keysValid: 'when-signed',
      where: 'sample.rpm',
    });
    const keyId = signer.pinned.fingerprint.slice(-8).toLowerCase();
    expect(findings.map(({ check, outcome }) => `${check}: ${outcome}`)).toEqual([
      `Header V4 EdDSA/SHA512 Signature, key ID ${keyId}: OK`,
      'Header SHA256 digest: OK',
      'Header SHA1 digest: OK',
      'Payload SHA256 digest: OK',
    ]);
  });
});

/** `text` replaced where it first stands. */
function swap(bytes: Buffer, text: string, by: string): Buffer {
  const copy = Buffer.from(bytes);
  copy.write(by, copy.lastIndexOf(text, copy.indexOf('noarch')), 'latin1');
  return copy;
}

function digestText(rpm: Buffer): string {
  return /[0-9a-f]{64}/.exec(rpm.toString('latin1'))?.[0] ?? '';
}

/** A byte in the numbers of the OpenPGP signature: shortly before the digests of the signature header. */
function signatureEnd(rpm: Buffer): number {
  return rpm.indexOf(/[0-9a-f]{40}/.exec(rpm.toString('latin1'))?.[0] ?? '') - 10;
}

function withoutPayloadDigest(): Promise<Buffer> {
  return signedRpm(signer.key, {
    change: ({ header, payload }) => {
      const copy = Buffer.from(header);
      for (let at = 16; at < copy.length; at += 16) {
        if (copy.readUInt32BE(at) === TAG.payloadSha256) copy.writeUInt32BE(TAG.payloadSha256 - 1, at);
      }
      return { header: copy, payload };
    },
  });
}

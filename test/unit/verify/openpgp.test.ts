import { enums, type PartialConfig } from 'openpgp';
import { describe, expect, test } from 'vitest';
import { verifyClearsigned, verifyDetached, verifyDetachedStream } from '../../../builder/verify/openpgp.ts';
import type { Keyring } from '../../../builder/verify/keyring.ts';
import type { AppError } from '../../../core/errors.ts';
import { appErrorOf } from '../../support/only-app-errors.ts';
import { clearsign, detachedSign, keyringOf, makeTestKey, revoked } from '../../support/test-keys.ts';

const DAY = 24 * 3600_000;
const where = 'InRelease';
const now = new Date('2026-06-01T12:00:00Z');
const signedAt = new Date('2026-05-31T12:00:00Z');
const created = new Date('2026-01-01T00:00:00Z');
const text = 'Suite: trixie\n- dashed\n-\nSHA256:\n abc\n';
const options = (keyring: Keyring) => ({ keyring, where, now, keysValid: 'now' }) as const;

describe('verifyClearsigned', () => {
  test('hands on exactly the signed text and says who signed it and when', async () => {
    const key = await makeTestKey({ created });
    const data = await clearsign(text, key, signedAt);
    const got = await verifyClearsigned(data, options(await keyringOf([key])));
    expect(got.payload.toString()).toBe(text.trimEnd());
    expect(got.signer).toBe(key.fingerprint);
    expect(got.signingKey).toBe(key.publicKey.subkeys[0]!.getFingerprint().toUpperCase());
    expect(got.signedAt).toEqual(signedAt);
  });

  test('names the key that is not pinned', async () => {
    const [pinned, other] = [await makeTestKey({ created }), await makeTestKey({ created })];
    const data = await clearsign(text, other, signedAt);
    const error = await appErrorOf(async () => verifyClearsigned(data, options(await keyringOf([pinned]))));
    expect(error).toMatchObject({ kind: 'verification', code: 'openpgp.unknown-key' });
    expect(error.got).toContain(other.publicKey.subkeys[0]!.getFingerprint().toUpperCase());
    expect(error.expected).toContain(pinned.fingerprint);
  });

  test('tells a key that is pinned but not allowed from one that is unknown', async () => {
    const [allowed, other] = [await makeTestKey({ created }), await makeTestKey({ created })];
    const keyring = (await keyringOf([allowed, other])).select([allowed.fingerprint]);
    const data = await clearsign(text, other, signedAt);
    const error = await appErrorOf(() => verifyClearsigned(data, options(keyring)));
    expect(error.message).toContain('pinned, but not allowed');
    expect(error.got).toContain(other.fingerprint);
  });

  test('accepts one allowed signature among unknown ones, the first key of the keyring first', async () => {
    const [a, b, unknown] = await Promise.all([1, 2, 3].map(() => makeTestKey({ created })));
    const data = await clearsign(text, [unknown!, a!, b!], signedAt);
    const keyring = await keyringOf([b!, a!]);
    expect((await verifyClearsigned(data, options(keyring))).signer).toBe(b!.fingerprint);
  });

  test('refuses a bad signature of an allowed key even beside a good one', async () => {
    const [a, b] = [await makeTestKey({ created }), await makeTestKey({ created })];
    const good = (await clearsign(text, a, signedAt)).toString();
    const other = (await clearsign(`${text}x`, b, signedAt)).toString();
    // Both armored blocks are Ed25519 signatures: join their packets under one frame.
    const body = (armored: string): Buffer =>
      Buffer.from(
        /\n\n([A-Za-z0-9+/=\n]+?)\n(?:=[A-Za-z0-9+/]{4}\n)?-----END/.exec(
          armored.slice(armored.indexOf('BEGIN PGP SIGNATURE')),
        )![1]!,
        'base64',
      );
    const joined = Buffer.concat([body(good), body(other)]).toString('base64');
    const frame = good.slice(0, good.indexOf('-----BEGIN PGP SIGNATURE'));
    const data = `${frame}-----BEGIN PGP SIGNATURE-----\n\n${joined}\n-----END PGP SIGNATURE-----\n`;
    const error = await appErrorOf(async () =>
      verifyClearsigned(Buffer.from(data), options(await keyringOf([a, b]))),
    );
    expect(error.code).toBe('openpgp.bad-signature');
    expect(error.expected).toContain(b.fingerprint);
  });

  test('judges an expired key by today when locking and by the signature when proving', async () => {
    const key = await makeTestKey({ created, lifetime: 155 * 24 * 3600 });
    const keyring = await keyringOf([key]);
    const data = await clearsign(text, key, signedAt);
    const later = { ...options(keyring), now: new Date(now.getTime() + 10 * DAY) };
    const error = await appErrorOf(() => verifyClearsigned(data, later));
    expect(error.code).toBe('openpgp.key-expired');
    expect(error.expected).toContain('2026-06-05');
    await verifyClearsigned(data, { ...later, keysValid: 'when-signed' });
  });

  test('refuses a revoked key whenever it signed', async () => {
    const key = await revoked(await makeTestKey({ created }));
    const keyring = await keyringOf([key]);
    const data = await clearsign(text, key, signedAt);
    for (const keysValid of ['now', 'when-signed'] as const) {
      const error = await appErrorOf(() => verifyClearsigned(data, { ...options(keyring), keysValid }));
      expect(error.code).toBe('openpgp.key-revoked');
      expect(error.got).toContain(key.fingerprint);
    }
  });

  test('refuses a signature from the future when locking', async () => {
    const key = await makeTestKey({ created });
    const keyring = await keyringOf([key]);
    const data = await clearsign(text, key, new Date(now.getTime() + 10 * 60_000));
    expect((await appErrorOf(() => verifyClearsigned(data, options(keyring)))).code).toBe('openpgp.future');
    await verifyClearsigned(data, { ...options(keyring), keysValid: 'when-signed' });
    const soon = await clearsign(text, key, new Date(now.getTime() + 2 * 60_000));
    await verifyClearsigned(soon, options(keyring));
  });

  test('refuses a version 3 signature, which openpgp.js drops silently, and names it', async () => {
    const key = await makeTestKey({ created });
    // RFC 4880, section 5.2.2: version, length 5, type, time, key id, algorithms, two bytes, one MPI.
    const keyId = Buffer.from(key.fingerprint.slice(-16), 'hex');
    const body = Buffer.concat([
      Buffer.from([3, 5, 1, 0x60, 0, 0, 0]),
      keyId,
      Buffer.from([1, 8, 0, 0, 0, 8, 0xff]),
    ]);
    const packet = Buffer.concat([Buffer.from([0x88, body.length]), body]);
    const signature = `-----BEGIN PGP SIGNATURE-----\n\n${packet.toString('base64')}\n-----END PGP SIGNATURE-----\n`;
    const data = `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n${text}${signature}`
      .replace('\n-\n', '\n- -\n')
      .replace('\n- dashed', '\n- - dashed');
    const error = await appErrorOf(async () =>
      verifyClearsigned(Buffer.from(data), options(await keyringOf([key]))),
    );
    expect(error.code).toBe('openpgp.unsupported');
    expect(error.got).toContain('version 3');
  });

  test('refuses SHA-1, over the text and in the self-signatures of a key', async () => {
    const sha1 = {
      preferredHashAlgorithm: enums.hash.sha1,
      rejectHashAlgorithms: new Set<enums.hash>(),
      nonDeterministicSignaturesViaNotation: false,
    };
    const key = await makeTestKey({ created, type: 'rsa', config: sha1 });
    const detached = async (config: PartialConfig): Promise<AppError> => {
      const signed = await detachedSign(Buffer.from(text), key, { date: signedAt, config });
      return appErrorOf(async () =>
        verifyDetached(Buffer.from(text), signed, options(await keyringOf([key]))),
      );
    };
    expect(await detached({ ...sha1, rejectMessageHashAlgorithms: new Set() })).toMatchObject({
      code: 'openpgp.unsupported',
      got: 'a signature over SHA1',
    });
    const weakKey = await detached({ preferredHashAlgorithm: enums.hash.sha256 });
    expect(weakKey.code).toBe('openpgp.unsupported');
    expect(weakKey.message).toContain('the signing key cannot be used');
    expect(weakKey.got).toContain('SHA1');
  });
});

describe('verifyDetached', () => {
  test('takes armored and binary signatures', async () => {
    const key = await makeTestKey({ created });
    const keyring = await keyringOf([key]);
    const data = Buffer.from('tarball');
    for (const binary of [false, true]) {
      const signature = await detachedSign(data, key, { date: signedAt, binary });
      const got = await verifyDetached(data, signature, options(keyring));
      expect(got.signer).toBe(key.fingerprint);
      const other = await appErrorOf(() =>
        verifyDetached(Buffer.from('tarbalL'), signature, options(keyring)),
      );
      expect(other.code).toBe('openpgp.bad-signature');
    }
  });

  test('takes RSA keys', async () => {
    const key = await makeTestKey({ created, type: 'rsa' });
    const signature = await detachedSign(Buffer.from('x'), key, { date: signedAt });
    await verifyDetached(Buffer.from('x'), signature, options(await keyringOf([key])));
  });

  test('refuses an empty signature and rubbish', async () => {
    const keyring = await keyringOf([await makeTestKey({ created })]);
    const code = async (signature: string | Buffer): Promise<string> =>
      (await appErrorOf(() => verifyDetached(Buffer.from('x'), Buffer.from(signature), options(keyring))))
        .code;
    expect(await code('')).toBe('openpgp.no-signature');
    expect(await code('rubbish')).toBe('openpgp.malformed');
    expect(await code(Buffer.from([0xc2, 0x05, 4, 0, 1]))).toBe('openpgp.malformed');
  });
});

describe('verifyDetachedStream', () => {
  const pieces = 64;
  const piece = Buffer.alloc(64 * 1024, 'qubeforge');
  async function* stream(last = piece): AsyncGenerator<Buffer> {
    for (let at = 0; at < pieces - 1; at += 1) yield await Promise.resolve(piece);
    yield last;
  }

  test('verifies a stream of several pieces, by two keys', async () => {
    const keys = [await makeTestKey({ created }), await makeTestKey({ created, type: 'rsa' })];
    const keyring = await keyringOf(keys);
    const whole = Buffer.concat(Array.from({ length: pieces }, () => piece));
    const signature = await detachedSign(whole, keys, { date: signedAt });
    expect((await verifyDetachedStream(stream(), signature, options(keyring))).signer).toBe(
      keys[0]!.fingerprint,
    );
    const changed = Buffer.from(piece);
    changed[changed.length - 1]! ^= 1;
    const error = await appErrorOf(() => verifyDetachedStream(stream(changed), signature, options(keyring)));
    expect(error.code).toBe('openpgp.bad-signature');
  });

  test('passes on a failure of the stream', async () => {
    const key = await makeTestKey({ created });
    const signature = await detachedSign(piece, key, { date: signedAt });
    async function* broken(): AsyncGenerator<Buffer> {
      yield piece;
      await Promise.reject(new Error('disk on fire'));
    }
    await expect(verifyDetachedStream(broken(), signature, options(await keyringOf([key])))).rejects.toThrow(
      'disk on fire',
    );
  });
});

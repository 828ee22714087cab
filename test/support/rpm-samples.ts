import { generateKey, sign, createMessage, type PrivateKey } from 'openpgp';
import {
  assembleRpm,
  writeRpmParts,
  type RpmParts,
  type RpmSpec,
} from '../../builder/formats/rpm/package-write.ts';
import { SIGNATURE_TAG } from '../../builder/formats/rpm/tags.ts';
import type { HeaderValue } from '../../builder/formats/rpm/header-write.ts';
import { parseFingerprint } from '../../builder/verify/fingerprint.ts';
import { Keyring, type PinnedKey } from '../../builder/verify/keyring.ts';

/** A small package with a file of each kind. */
export const sampleSpec: RpmSpec = {
  name: 'sample',
  version: '1.0~rc1',
  release: '2.fc43',
  architecture: 'noarch',
  summary: 'A sample',
  description: 'Made by a test.',
  license: 'MIT',
  requires: [{ name: 'bash', operator: '>=', version: '5' }],
  scripts: { post: 'true' },
  files: [
    { path: '/usr/share/sample', mode: 0o755, directory: true },
    { path: '/usr/share/sample/text', mode: 0o644, content: 'text\n' },
    { path: '/usr/share/sample/link', linkname: 'text' },
    { path: '/etc/sample.conf', mode: 0o600, content: 'a=1\n', config: true },
  ],
  epoch: 1_700_000_000,
};

/** A key that signs in a test. `expiresAfter` counts seconds from `created`. */
export async function makeSigner(
  options: { readonly created?: Date; readonly expiresAfter?: number } = {},
): Promise<{ readonly key: PrivateKey; readonly pinned: PinnedKey }> {
  const { created = new Date('2024-01-01T00:00:00Z'), expiresAfter = 0 } = options;
  const { privateKey: key } = await generateKey({
    type: 'ecc',
    curve: 'ed25519Legacy',
    userIDs: [{ name: 'Test' }],
    date: created,
    keyExpirationTime: expiresAfter,
    format: 'object',
  });
  const publicKey = key.toPublic();
  const pinned: PinnedKey = {
    fingerprint: parseFingerprint(publicKey.getFingerprint())!,
    file: 'test.asc',
    owner: 'Test',
    purpose: 'tests',
    source: 'made by the test',
    checked: 'made by the test',
    created,
    expires: expiresAfter === 0 ? undefined : new Date(created.getTime() + expiresAfter * 1000),
    key: publicKey,
  };
  return { key, pinned };
}

export function ringOf(...keys: readonly PinnedKey[]): Keyring {
  return new Keyring(keys);
}

/** Signature bytes over `data`. */
export async function signBytes(data: Uint8Array, key: PrivateKey, date: Date): Promise<Uint8Array> {
  const message = await createMessage({ binary: data });
  return (await sign({ message, signingKeys: key, detached: true, format: 'binary', date })) as Uint8Array;
}

/** A package signed over its header as Fedora's are; `change` may tamper before it is signed. */
export async function signedRpm(
  key: PrivateKey,
  options: {
    readonly spec?: RpmSpec;
    readonly date?: Date;
    readonly tag?: number;
    readonly change?: (parts: RpmParts) => RpmParts;
  } = {},
): Promise<Buffer> {
  const {
    spec = sampleSpec,
    date = new Date('2025-01-01T00:00:00Z'),
    tag = SIGNATURE_TAG.rsaHeader,
  } = options;
  const parts = (options.change ?? ((same) => same))(writeRpmParts(spec));
  const covered = tag < 1000 ? parts.header : Buffer.concat([parts.header, parts.payload]);
  const bytes = await signBytes(covered, key, date);
  const value: HeaderValue =
    tag === SIGNATURE_TAG.openpgp
      ? { type: 'strings', value: [Buffer.from(bytes).toString('base64')] }
      : { type: 'bin', value: bytes };
  return assembleRpm(spec, parts, new Map([[tag, value]]));
}

/** Bytes as a stream, in pieces of `size`. */
export async function* inPieces(bytes: Uint8Array, size = 1000): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

/** All of a stream. */
export async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/**
 * Throw-away OpenPGP keys, made when a test runs: a primary key and a signing subkey, as Debian has them.
 *
 * ```ts
 * const key = await makeTestKey({ name: 'Mini Archive' });
 * const keyring = await keyringOf([key]);
 * const inRelease = await clearsign('text\n', key);
 * ```
 */
import {
  createCleartextMessage,
  createMessage,
  generateKey,
  revokeKey,
  sign,
  type PartialConfig,
  type PrivateKey,
  type PublicKey,
} from 'openpgp';
import { loadKeyring, type Keyring } from '../../builder/verify/keyring.ts';

const DAY = 24 * 3600_000;

export interface TestKey {
  readonly name: string;
  readonly owner: string;
  readonly privateKey: PrivateKey;
  readonly publicKey: PublicKey;
  /** Of the primary key. */
  readonly fingerprint: string;
}

export interface TestKeyOptions {
  readonly name?: string;
  /** When the key was made; default 30 days ago. */
  readonly created?: Date;
  /** Lifetime of the primary key in seconds; default none. */
  readonly lifetime?: number;
  /** `fedora`: RSA with 4096 bits and no subkey, as the keys of Fedora's releases. */
  readonly type?: 'curve25519' | 'rsa' | 'fedora';
  /** For keys as nobody should make them. */
  readonly config?: PartialConfig;
}

type Algorithm = Pick<Parameters<typeof generateKey>[0], 'type' | 'rsaBits' | 'subkeys'>;

const ALGORITHMS: Readonly<Record<'curve25519' | 'rsa' | 'fedora', Algorithm>> = {
  curve25519: { type: 'curve25519', subkeys: [{ sign: true }] },
  rsa: { type: 'rsa', rsaBits: 2048, subkeys: [{ sign: true }] },
  fedora: { type: 'rsa', rsaBits: 4096, subkeys: [] },
};

export async function makeTestKey(options: TestKeyOptions = {}): Promise<TestKey> {
  const name = options.name ?? 'Test Archive';
  const { privateKey, publicKey } = await generateKey({
    ...ALGORITHMS[options.type ?? 'curve25519'],
    userIDs: [{ name, email: 'archive@example.org' }],
    date: options.created ?? new Date(Date.now() - 30 * DAY),
    ...(options.lifetime === undefined ? {} : { keyExpirationTime: options.lifetime }),
    ...(options.config === undefined ? {} : { config: options.config }),
    format: 'object',
  });
  const fingerprint = publicKey.getFingerprint().toUpperCase();
  return { name, owner: `${name} <archive@example.org>`, privateKey, publicKey, fingerprint };
}

/** The same key with a revocation (reason: compromised) in its public part. */
export async function revoked(key: TestKey): Promise<TestKey> {
  const { publicKey } = await revokeKey({ key: key.privateKey, format: 'object' });
  return { ...key, publicKey };
}

/** What `keys/` would hold for these keys. */
export async function keyFiles(
  keys: readonly TestKey[],
): Promise<{ readonly manifest: string; readonly files: Map<string, Buffer> }> {
  const entries = await Promise.all(
    keys.map(async (key, at) => {
      const expires = await key.publicKey.getExpirationTime();
      return {
        fingerprint: key.fingerprint,
        file: `test-${at}.asc`,
        owner: key.owner,
        purpose: 'tests',
        source: 'made by a test',
        checked: 'made by a test',
        created: day(key.publicKey.getCreationTime()),
        expires: expires instanceof Date ? day(expires) : 'never',
      };
    }),
  );
  const files = new Map(keys.map((key, at) => [`test-${at}.asc`, Buffer.from(key.publicKey.armor())]));
  return { manifest: JSON.stringify({ version: 1, keys: entries }), files };
}

/** A keyring in which these keys, and no others, are pinned. */
export async function keyringOf(keys: readonly TestKey[]): Promise<Keyring> {
  const { manifest, files } = await keyFiles(keys);
  return loadKeyring({ text: manifest, where: 'keys/keys.yaml' }, files);
}

/** `text` as an InRelease file would be, signed by each of `keys` at `date`. */
export async function clearsign(
  text: string,
  keys: TestKey | readonly TestKey[],
  date = new Date(),
): Promise<Buffer> {
  const signed: string = await sign({
    message: await createCleartextMessage({ text: text.replace(/\n$/, '') }),
    signingKeys: list(keys).map((key) => key.privateKey),
    date,
  });
  return Buffer.from(signed.replaceAll('\r\n', '\n'));
}

/** A detached signature over bytes. */
export async function detachedSign(
  data: Uint8Array,
  keys: TestKey | readonly TestKey[],
  options: { readonly date?: Date; readonly binary?: boolean; readonly config?: PartialConfig } = {},
): Promise<Buffer> {
  const common = {
    message: await createMessage({ binary: Uint8Array.from(data) }),
    signingKeys: list(keys).map((key) => key.privateKey),
    detached: true,
    date: options.date ?? new Date(),
    ...(options.config === undefined ? {} : { config: options.config }),
  } as const;
  return options.binary === true
    ? Buffer.from(await sign({ ...common, format: 'binary' }))
    : Buffer.from(await sign({ ...common, format: 'armored' }));
}

function list(keys: TestKey | readonly TestKey[]): readonly TestKey[] {
  return 'fingerprint' in keys ? [keys] : keys;
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}

/**
 * The pinned keys: `keys/keys.yaml` with one armored file per primary key.
 *
 * ```ts
 * const keyring = await loadKeyring({ text, where: 'keys/keys.yaml' }, files); // files: name → bytes
 * const allowed = keyring.select(recipe.repositories[0].keys, 'recipes/toolbox.yaml');
 * ```
 *
 * Loading proves that each file is the key that the list names. Whether a key is still good is a
 * question of time, so it is asked when a signature is judged (`openpgp.ts`) and by `keys check`
 * (`keys-report.ts`). Pure: the caller reads the files.
 */
import { readKeys, type Key, type PublicKey } from 'openpgp';
import { parse } from 'yaml';
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { parseFingerprint, type Fingerprint } from './fingerprint.ts';

/** One pinned primary key with what `keys.yaml` says about it. */
export interface PinnedKey {
  /** Of the primary key; its subkeys may sign in its name. */
  readonly fingerprint: Fingerprint;
  readonly file: string;
  readonly owner: string;
  readonly purpose: string;
  /** Where the key was obtained. */
  readonly source: string;
  /** How it was checked. */
  readonly checked: string;
  readonly created: Date;
  readonly expires: Date | undefined;
  /** When the release that the key signs gets its last updates, where that is known. */
  readonly supportedUntil?: Date;
  /** What that day rests on, when nobody has announced it. */
  readonly supportEstimate?: string;
  readonly key: PublicKey;
}

/** A set of pinned keys, by primary fingerprint. */
export class Keyring {
  readonly keys: readonly PinnedKey[];
  /** Pinned keys that are not allowed here: only for saying so. */
  readonly others: readonly PinnedKey[];

  constructor(keys: readonly PinnedKey[], others: readonly PinnedKey[] = []) {
    this.keys = keys;
    this.others = others;
  }

  /**
   * The keys with these primary fingerprints and no others.
   * Throws `keys.unknown` for a fingerprint that is not pinned, `keys.none` for an empty list.
   */
  select(fingerprints: readonly string[], where?: string): Keyring {
    if (fingerprints.length === 0) {
      throw keysError('keys.none', 'no key is named that may sign this repository', {
        where,
        expected: 'at least one primary fingerprint under `keys`',
        got: 'an empty list',
      });
    }
    const chosen = fingerprints.map((text) => this.#find(text, where));
    return new Keyring(
      [...new Set(chosen)],
      [...this.keys, ...this.others].filter((key) => !chosen.includes(key)),
    );
  }

  #find(text: string, where: string | undefined): PinnedKey {
    const wanted = parseFingerprint(text);
    const found = this.keys.find((key) => key.fingerprint === wanted);
    if (found !== undefined) return found;
    throw keysError('keys.unknown', `the key ${text} is not pinned`, {
      where,
      expected: `the full fingerprint of a primary key of keys/keys.yaml: ${list(this.keys)}`,
      got: text,
      next: 'qubeforge keys',
    });
  }
}

const day = z.union([z.iso.date(), z.date()]);
const manifestSchema = z.strictObject({
  version: z.literal(1),
  keys: z.array(
    z.strictObject({
      fingerprint: z.string(),
      file: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._+-]*\.asc$/, 'expected the name of an .asc file'),
      owner: z.string().min(1),
      purpose: z.string().min(1),
      source: z.string().min(1),
      checked: z.string().min(1),
      created: day,
      expires: z.union([day, z.literal('never')]),
      'supported-until': day.optional(),
      'supported-until-estimated': z.string().min(1).optional(),
    }),
  ),
});
type Entry = z.infer<typeof manifestSchema>['keys'][number];

/**
 * Reads `keys.yaml` and the armored files (name → bytes) that it lists.
 * Throws AppErrors of kind `verification` that name the key: a file that is missing, not listed, not
 * one single public key, or another key than the list says (fingerprint, owner, dates).
 */
export async function loadKeyring(
  manifest: { readonly text: string; readonly where: string },
  files: ReadonlyMap<string, Uint8Array>,
): Promise<Keyring> {
  const entries = readManifest(manifest.text, manifest.where);
  refuseRepeats(entries, manifest.where);
  const listed = new Set(entries.map((entry) => entry.file));
  const stray = [...files.keys()].find((name) => name.endsWith('.asc') && !listed.has(name));
  if (stray !== undefined) {
    throw keysError('keys.unlisted', `the key file ${stray} is not listed`, {
      where: manifest.where,
      expected: 'an entry in keys.yaml for each .asc file',
      got: `no entry for ${stray}`,
      next: `add the key to ${manifest.where} with its fingerprint, source and validity, or remove the file`,
    });
  }
  return new Keyring(await Promise.all(entries.map((entry) => loadKey(entry, files.get(entry.file)))));
}

function readManifest(text: string, where: string): readonly Entry[] {
  let raw: unknown;
  try {
    raw = parse(text);
  } catch (error) {
    throw keysError('keys.manifest', 'the list of keys is not YAML', { where, got: messageOf(error) });
  }
  const result = manifestSchema.safeParse(raw);
  if (result.success) return result.data.keys;
  const got = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n');
  throw keysError('keys.manifest', 'the list of keys does not have the expected shape', { where, got });
}

function refuseRepeats(entries: readonly Entry[], where: string): void {
  for (const field of ['fingerprint', 'file'] as const) {
    const seen = new Set<string>();
    for (const entry of entries) {
      const value = entry[field];
      if (seen.has(value)) {
        throw keysError('keys.manifest', `the ${field} ${value} is listed twice`, { where });
      }
      seen.add(value);
    }
  }
}

async function loadKey(entry: Entry, armored: Uint8Array | undefined): Promise<PinnedKey> {
  const where = `keys/${entry.file}`;
  const fingerprint = parseFingerprint(entry.fingerprint);
  if (fingerprint === undefined) {
    throw keysError('keys.fingerprint', `${entry.owner}: not a full fingerprint`, {
      where,
      expected: '40 or 64 hexadecimal digits',
      got: entry.fingerprint,
    });
  }
  if (armored === undefined) {
    throw keysError('keys.file', `the file of key ${fingerprint} is missing`, { where, expected: where });
  }
  const key = await readOneKey(armored, where, fingerprint);
  const expiry = await key.getExpirationTime();
  const expires = expiry instanceof Date ? expiry : undefined;
  const created = key.getCreationTime();
  compare(where, fingerprint, 'fingerprint', fingerprint, key.getFingerprint().toUpperCase());
  compare(where, fingerprint, 'owner', entry.owner, key.getUserIDs().join(', '));
  compare(where, fingerprint, 'date of creation', dayOf(entry.created), dayOf(created));
  compare(where, fingerprint, 'date of expiry', dayOf(entry.expires), dayOf(expires ?? 'never'));
  const { file, owner, purpose, source, checked } = entry;
  const end = entry['supported-until'];
  const estimate = entry['supported-until-estimated'];
  const supported = {
    ...(end !== undefined && { supportedUntil: new Date(dayOf(end)) }),
    ...(estimate !== undefined && { supportEstimate: estimate }),
  };
  return { fingerprint, file, owner, purpose, source, checked, created, expires, ...supported, key };
}

const ONE_BLOCK =
  /^-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n[^-]*\r?\n-----END PGP PUBLIC KEY BLOCK-----\s*$/;

async function readOneKey(armored: Uint8Array, where: string, fingerprint: string): Promise<PublicKey> {
  let keys: Key[];
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(armored);
    // openpgp.js would read the first block and pass over what follows.
    if (!ONE_BLOCK.test(text)) throw new Error('it is not one armored public key block');
    keys = await readKeys({ armoredKeys: text });
  } catch (error) {
    throw keysError('keys.file', `the file of key ${fingerprint} is not an armored public key`, {
      where,
      got: messageOf(error),
    });
  }
  const [key] = keys;
  if (key === undefined || keys.length > 1 || key.isPrivate()) {
    throw keysError('keys.file', `the file of key ${fingerprint} must hold one public key`, {
      where,
      expected: 'one public key',
      got: key?.isPrivate() === true ? 'a private key' : `${keys.length} keys`,
    });
  }
  return key.toPublic();
}

function compare(where: string, fingerprint: string, what: string, expected: string, got: string): void {
  if (expected === got) return;
  throw keysError('keys.mismatch', `the file of key ${fingerprint} has another ${what} than keys.yaml says`, {
    where,
    expected,
    got,
    next: 'find out which of the two was changed, and by whom, before you trust either',
  });
}

/** A UTC day, as in `keys.yaml`. */
function dayOf(value: Date | string): string {
  return typeof value === 'string' ? value : value.toISOString().slice(0, 10);
}

function list(keys: readonly PinnedKey[]): string {
  return keys.map((key) => `\n${key.fingerprint}  ${key.owner}`).join('');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function keysError(
  code: string,
  what: string,
  rest: { where?: string | undefined; expected?: string; got?: string; next?: string },
): AppError {
  return new AppError({ kind: 'verification', code, what, ...rest });
}

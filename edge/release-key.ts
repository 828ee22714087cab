import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../core/errors.ts';
import { createReleaseKey } from '../builder/release/release-key.ts';
import { ignoreMissing } from './files.ts';

/** Where the developer key of this user lies. */
export function developerKeyPath(env: Readonly<Record<string, string | undefined>>): string {
  const config = env['XDG_CONFIG_HOME'] ?? join(env['HOME'] ?? '/root', '.config');
  return join(config, 'qubeforge', 'release-key.asc');
}

/**
 * The armored private key at `path`; a missing one is made when `create` is set, readable by its owner only.
 * Says whether it was made just now. Throws `release.no-key` (kind `usage`).
 */
export async function loadReleaseKey(
  path: string,
  create: boolean,
): Promise<{ readonly armored: string; readonly created: boolean }> {
  const found = await readFile(path, 'utf8').catch(ignoreMissing);
  if (found !== undefined) return { armored: found, created: false };
  if (!create) throw noKey(path);
  const armored = await createReleaseKey('Qubeforge developer key');
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    await writeFile(path, armored, { mode: 0o600, flag: 'wx' });
    return { armored, created: true };
  } catch (error) {
    // Another build was first: there is one key for both.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return { armored: await readFile(path, 'utf8'), created: false };
  }
}

function noKey(path: string): AppError {
  return new AppError({
    kind: 'usage',
    code: 'release.no-key',
    what: 'there is no key to sign with',
    where: path,
    expected: 'a file with an armored OpenPGP private key without a passphrase',
    got: 'no file',
    next: 'export one with: gpg --export-secret-keys --armor FINGERPRINT, or leave --sign out for the developer key',
  });
}

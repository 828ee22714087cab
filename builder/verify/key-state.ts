import { config, type KeyID } from 'openpgp';
import type { PinnedKey } from './keyring.ts';
import { POLICY } from './policy.ts';

/** `unusable`: not yet valid, or bound by self-signatures that we do not accept (SHA-1). */
export type KeyState = 'valid' | 'expired' | 'revoked' | 'unusable';

/**
 * Whether a pinned key could sign at `date`: self-signature, expiry, revocation (a revocation for
 * compromise counts at every date). `signingKey` asks about one subkey. openpgp.js gives its reasons
 * as text only.
 */
export async function keyState(
  pinned: PinnedKey,
  date: Date,
  signingKey: KeyID | null = null,
): Promise<{ readonly state: KeyState; readonly reason: string }> {
  try {
    await pinned.key.getSigningKey(signingKey ?? undefined, date, undefined, { ...config, ...POLICY });
    return { state: 'valid', reason: '' };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (/revoked/i.test(reason)) return { state: 'revoked', reason };
    return { state: /key is expired/i.test(reason) ? 'expired' : 'unusable', reason };
  }
}

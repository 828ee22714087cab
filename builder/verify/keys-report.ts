import { keyState, type KeyState } from './key-state.ts';
import type { Keyring, PinnedKey } from './keyring.ts';

const DAY = 24 * 3600_000;

/** Days before its expiry from which a key is warned about. */
export const WARN_DAYS = 90;

/** One pinned key, for `qubeforge keys` and `keys check`. */
export interface KeyReport extends Omit<PinnedKey, 'key'> {
  readonly state: KeyState | 'expires-soon';
  /** Whole days until it expires; undefined when it never does. Negative when it has. */
  readonly daysLeft: number | undefined;
  /** What is wrong or soon will be. */
  readonly warning?: string;
  /** The key is good, but what it signs gets no updates any more, or soon will get none. */
  readonly releaseEnds?: string;
}

/** Every pinned key with its state at `now`, in the order of `keys.yaml`. */
export function keysReport(keyring: Keyring, now: Date): Promise<KeyReport[]> {
  return Promise.all(keyring.keys.map((pinned) => reportKey(pinned, now)));
}

async function reportKey(pinned: PinnedKey, now: Date): Promise<KeyReport> {
  const { fingerprint, file, owner, purpose, source, checked, created, expires } = pinned;
  const release = releaseEnd(pinned, now);
  const said = { fingerprint, file, owner, purpose, source, checked, created, expires, ...release };
  const { state, reason } = await keyState(pinned, now);
  const left = pinned.expires === undefined ? undefined : pinned.expires.getTime() - now.getTime();
  const daysLeft = left === undefined ? undefined : Math.floor(left / DAY);
  if (state !== 'valid') {
    return { ...said, state, daysLeft, warning: `${pinned.fingerprint} is ${state}: ${reason}` };
  }
  if (daysLeft === undefined || daysLeft >= WARN_DAYS) return { ...said, state, daysLeft };
  const warning = `${pinned.fingerprint} expires in ${daysLeft} days: look for its successor`;
  return { ...said, state: 'expires-soon', daysLeft, warning };
}

function releaseEnd(
  { owner, supportedUntil, supportEstimate }: PinnedKey,
  now: Date,
): Pick<KeyReport, 'supportedUntil' | 'supportEstimate' | 'releaseEnds'> {
  if (supportedUntil === undefined) return {};
  const said = { supportedUntil, ...(supportEstimate !== undefined && { supportEstimate }) };
  const left = Math.floor((supportedUntil.getTime() - now.getTime()) / DAY);
  if (left >= WARN_DAYS) return said;
  const date = supportedUntil.toISOString().slice(0, 10);
  const day = supportEstimate === undefined ? date : `about ${date} (an estimate: ${supportEstimate})`;
  const text = left < 0 ? `has had no updates since ${day}` : `gets no updates after ${day}`;
  return { ...said, releaseEnds: `what ${owner} signs ${text}: move recipes on to a newer release` };
}

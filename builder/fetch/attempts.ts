import { AppError } from '../../core/errors.ts';
import type { MirrorHealth } from './mirror-health.ts';
import type { Mirror } from './mirrors.ts';

/** One mirror tried for one file, and why it did not serve. */
export interface Attempt {
  readonly mirror: Mirror;
  readonly url: string;
  readonly error: AppError;
}

/** One line for each mirror tried. */
export function describeAttempts(attempts: readonly Attempt[]): string {
  return attempts
    .map(({ url, mirror, error }) => {
      const got = error.got === undefined ? '' : ` (${error.got.split('\n')[0] ?? ''})`;
      return `${url} [${mirror.origin}]: ${error.message}${got}`;
    })
    .join('\n');
}

/**
 * The verification failure of the first mirror that served something wrong, with all that were tried; undefined
 * when none did. It weighs more than mirrors that could not be reached.
 */
export function refusalIn(attempts: readonly Attempt[]): AppError | undefined {
  const refused = attempts.find(({ error }) => error.kind === 'verification');
  if (refused === undefined) return undefined;
  const { kind, code, message, expected, next, got = '' } = refused.error;
  const tried = `${got}\nmirrors tried:\n${describeAttempts(attempts)}`.trim();
  return new AppError({ kind, code, what: message, where: refused.url, expected, got: tried, next });
}

/**
 * Tries each mirror in turn until `get` succeeds; those that were hard to reach before come into it only
 * when no other is left. Returns the attempts when none serves. What is no AppError (an abort, a bug)
 * passes through.
 */
export async function firstOf<T>(
  mirrors: readonly Mirror[],
  health: MirrorHealth,
  get: (mirror: Mirror) => Promise<T>,
  locateIn: (mirror: Mirror) => string,
): Promise<{ readonly value: T; readonly mirror: Mirror; readonly failed: Attempt[] } | Attempt[]> {
  const failed: Attempt[] = [];
  const sound = mirrors.filter((mirror) => !health.isDoubtful(mirror.url));
  for (const mirror of sound.length > 0 ? sound : mirrors) {
    try {
      const known = health.givenUp(mirror.url);
      if (known !== undefined) throw known;
      const value = await get(mirror);
      health.succeeded(mirror.url);
      return { value, mirror, failed };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      health.failed(mirror.url, error);
      failed.push({ mirror, url: locateIn(mirror), error });
    }
  }
  return failed;
}

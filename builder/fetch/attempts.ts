import { AppError } from '../../core/errors.ts';
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
 * Tries each mirror in turn until `get` succeeds. Returns the attempts when none does. What is no
 * AppError (an abort, a bug) passes through. A mirror that could not be reached is not asked again by
 * the same `down` set while another one is left.
 */
export async function firstOf<T>(
  mirrors: readonly Mirror[],
  down: Set<string>,
  get: (mirror: Mirror) => Promise<T>,
  locateIn: (mirror: Mirror) => string,
): Promise<{ readonly value: T; readonly mirror: Mirror; readonly failed: Attempt[] } | Attempt[]> {
  const failed: Attempt[] = [];
  const reachable = mirrors.filter((mirror) => !down.has(mirror.url));
  for (const mirror of reachable.length > 0 ? reachable : mirrors) {
    try {
      return { value: await get(mirror), mirror, failed };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (error.code === 'http.connection' || error.code === 'http.timeout') down.add(mirror.url);
      failed.push({ mirror, url: locateIn(mirror), error });
    }
  }
  return failed;
}

import type { AppError } from '../../core/errors.ts';

/** Failures in a row after which a mirror is not asked at all any more. */
const DEAD = 3;

/**
 * Which mirrors could not be reached in this run. One that failed is passed over while another one is
 * left; one that failed several times in a row without a success in between is given up, so that a run
 * without a network ends at once and not after each file's own time limits.
 */
export class MirrorHealth {
  readonly #failures = new Map<string, { readonly count: number; readonly last: AppError }>();

  succeeded(url: string): void {
    this.#failures.delete(url);
  }

  failed(url: string, error: AppError): void {
    if (error.code !== 'http.connection' && error.code !== 'http.timeout') return;
    this.#failures.set(url, { count: (this.#failures.get(url)?.count ?? 0) + 1, last: error });
  }

  isDoubtful(url: string): boolean {
    return this.#failures.has(url);
  }

  /** The failure for which a mirror was given up. */
  givenUp(url: string): AppError | undefined {
    const known = this.#failures.get(url);
    return known !== undefined && known.count >= DEAD ? known.last : undefined;
  }
}

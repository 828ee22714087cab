import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../core/errors.ts';

export interface RetryPolicy {
  /** Attempts without progress before giving up; the first one counts. */
  readonly attempts: number;
  /** Milliseconds before the second attempt; doubles each time. */
  readonly base: number;
  /** The longest pause, in milliseconds, whatever the server asks for. */
  readonly longest: number;
}

export const DEFAULT_RETRY: RetryPolicy = { attempts: 4, base: 500, longest: 30_000 };

/** An answer that is not the file. */
export class HttpStatusError extends AppError {
  readonly status: number;
  /** Milliseconds that the server asks us to wait. */
  readonly retryAfter: number | undefined;

  constructor(url: string, status: number, retryAfter: string | null) {
    const missing = status === 404 || status === 410;
    super({
      kind: 'network',
      code: missing ? 'http.not-found' : 'http.status',
      what: missing ? 'the mirror does not have the file' : 'the mirror refuses the request',
      where: url,
      expected: 'HTTP status 200',
      got: `HTTP status ${status}`,
    });
    this.status = status;
    this.retryAfter = parseRetryAfter(retryAfter, Date.now());
  }
}

/** Seconds or an HTTP date (RFC 9110, section 10.2.3), as milliseconds from `now`. */
export function parseRetryAfter(text: string | null, now: number): number | undefined {
  if (text === null) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

const PASSING = new Set([408, 416, 425, 429, 500, 502, 503, 504]);
/** Failures of the machine or its name: the next mirror is the better try. */
const LASTING =
  /ENOTFOUND|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|CERT|self.signed|bad port|ERR_INVALID_URL|Failed to parse/i;

/** Whether the same request may succeed when it is sent again. */
export function isWorthRetrying(error: unknown): boolean {
  if (error instanceof HttpStatusError) return PASSING.has(error.status);
  if (!(error instanceof AppError)) return false;
  if (error.code === 'http.connection') return !LASTING.test(error.got ?? '');
  return error.code === 'http.cut' || error.code === 'http.timeout';
}

/** Milliseconds before attempt `attempt + 1`: what the server asks for, else exponential with full jitter. */
export function backoff(error: unknown, attempt: number, policy: RetryPolicy): number {
  const asked = error instanceof HttpStatusError ? error.retryAfter : undefined;
  const ours = policy.base * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
  return Math.min(asked ?? ours, policy.longest);
}

/** Waits; throws the signal's reason when it is aborted. */
export async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(milliseconds, undefined, signal === undefined ? {} : { signal });
}

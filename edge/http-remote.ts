import { AppError } from '../core/errors.ts';
import { HttpStatusError } from './http-retry.ts';

/** The bytes of one answer. */
export interface Body {
  /** Offset of the first byte within the file. */
  readonly start: number;
  /** Bytes of the whole file, when the server says. */
  readonly total: number | undefined;
  /** Strong ETag or Last-Modified, to take the transfer up again safely. */
  readonly validator: string | undefined;
  readonly chunks: AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

export interface Limits {
  readonly connectTimeout: number;
  readonly idleTimeout: number;
  readonly signal: AbortSignal | undefined;
}

/** What a request says besides its address. */
export interface Asked {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent by POST. */
  readonly body?: Uint8Array;
}

/** Sends one request, GET unless it has a body, from `resume.offset` if given. Follows redirections. */
export async function openRemote(
  url: string,
  resume: { readonly offset: number; readonly validator: string | undefined } | undefined,
  limits: Limits,
  asked: Asked = {},
): Promise<Body> {
  const watch = new Watch(url, limits);
  try {
    watch.expect(limits.connectTimeout, 'an answer');
    const response = await fetch(url, {
      ...(asked.body === undefined ? {} : { method: 'POST', body: asked.body }),
      headers: { ...requestHeaders(resume), ...asked.headers },
      signal: watch.signal,
    });
    const refused = refusal(url, response, resume?.offset ?? 0);
    if (refused !== undefined) {
      await response.body?.cancel();
      throw refused;
    }
    const resumed = response.status === 206 && resume !== undefined;
    const start = resumed ? resume.offset : 0;
    const length = numberHeader(response, 'content-length');
    return {
      start,
      total: length === undefined ? undefined : start + length,
      validator: validatorOf(response),
      chunks: watched(response, watch, limits),
      close: () => {
        watch.stop();
        return Promise.resolve();
      },
    };
  } catch (error) {
    throw watch.explain(error);
  } finally {
    watch.pause();
  }
}

/** Bytes of a file by its head; `unknown` when the server does not say. Throws as {@link openRemote}. */
export async function remoteSize(url: string, signal: AbortSignal | undefined): Promise<number | 'unknown'> {
  const limits = { connectTimeout: 20_000, idleTimeout: 20_000, signal };
  const watch = new Watch(url, limits);
  try {
    watch.expect(limits.connectTimeout, 'an answer');
    const response = await fetch(url, {
      method: 'HEAD',
      headers: requestHeaders(undefined),
      signal: watch.signal,
    });
    const refused = refusal(url, response, 0);
    if (refused !== undefined) throw refused;
    return numberHeader(response, 'content-length') ?? 'unknown';
  } catch (error) {
    throw watch.explain(error);
  } finally {
    watch.pause();
  }
}

async function* watched(response: Response, watch: Watch, limits: Limits): AsyncGenerator<Uint8Array> {
  let complete = false;
  try {
    if (response.body !== null) {
      watch.expect(limits.idleTimeout, 'another byte');
      for await (const chunk of response.body) {
        // The reader's own time does not count as silence of the server.
        watch.pause();
        yield chunk as Uint8Array;
        watch.expect(limits.idleTimeout, 'another byte');
      }
    }
    complete = true;
  } catch (error) {
    throw watch.explain(error);
  } finally {
    watch.pause();
    if (!complete) watch.stop();
  }
}

/** A time limit that is set anew for each thing that we wait for, joined with the caller's signal. */
class Watch {
  readonly #controller = new AbortController();
  readonly #url: string;
  readonly #callers: AbortSignal | undefined;
  #timer: NodeJS.Timeout | undefined;
  #late: string | undefined;

  constructor(url: string, limits: Limits) {
    this.#url = url;
    this.#callers = limits.signal;
  }

  get signal(): AbortSignal {
    const own = this.#controller.signal;
    return this.#callers === undefined ? own : AbortSignal.any([own, this.#callers]);
  }

  expect(milliseconds: number, what: string): void {
    this.pause();
    this.#timer = setTimeout(() => {
      this.#late = `${what} within ${milliseconds / 1000} s`;
      this.#controller.abort();
    }, milliseconds);
  }

  pause(): void {
    clearTimeout(this.#timer);
  }

  stop(): void {
    this.pause();
    this.#controller.abort();
  }

  explain(error: unknown): unknown {
    if (error instanceof AppError || this.#callers?.aborted === true) return error;
    if (this.#late !== undefined) {
      return networkError('timeout', 'the mirror does not answer in time', this.#url, this.#late, 'nothing');
    }
    const reason = reasonOf(error);
    return networkError('connection', 'the connection failed', this.#url, undefined, reason, error);
  }
}

function requestHeaders(
  resume: { readonly offset: number; readonly validator: string | undefined } | undefined,
): Record<string, string> {
  return {
    // Hashes are of the files as they are, so no content coding on the way.
    'accept-encoding': 'identity',
    'user-agent': 'qubeforge',
    ...(resume === undefined ? {} : { range: `bytes=${resume.offset}-` }),
    ...(resume?.validator === undefined ? {} : { 'if-range': resume.validator }),
  };
}

function refusal(url: string, response: Response, offset: number): AppError | undefined {
  const { status } = response;
  if (status === 200) return undefined;
  if (status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${offset}-`) === true) {
    return undefined;
  }
  return new HttpStatusError(url, status, response.headers.get('retry-after'));
}

function numberHeader(response: Response, name: string): number | undefined {
  const text = response.headers.get(name);
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function validatorOf(response: Response): string | undefined {
  const etag = response.headers.get('etag');
  if (etag !== null && !etag.startsWith('W/')) return etag;
  return response.headers.get('last-modified') ?? undefined;
}

/** fetch hides the system's reason in `cause`. */
function reasonOf(error: unknown): string {
  const reasons: string[] = [];
  for (let at: unknown = error; at instanceof Error && reasons.length < 4; at = at.cause) {
    reasons.push(at.message === '' && 'code' in at ? String(at.code) : at.message);
  }
  return reasons.length === 0 ? String(error) : reasons.join(': ');
}

function networkError(
  code: string,
  what: string,
  where: string,
  expected: string | undefined,
  got: string,
  cause?: unknown,
): AppError {
  return new AppError({ kind: 'network', code: `http.${code}`, what, where, expected, got, cause });
}

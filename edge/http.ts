/**
 * Downloads. Nothing that comes in is trusted: sizes are capped by what a signed index announced, and
 * the caller compares hashes.
 *
 * ```ts
 * await download('https://…/pool/…/x.deb', writer, { expectedSize: 1234 });   // writer: DownloadSink
 * const bytes = await downloadBytes(url, { maxBytes: 16 * MIB });
 * ```
 *
 * Addresses: `http:`, `https:`, `file:` and plain absolute paths. A broken transfer is taken up again
 * where it stopped (Range with If-Range, RFC 9110, sections 13.1.5 and 14); a busy server is asked
 * again later (Retry-After, else exponential backoff with jitter).
 */
import { AppError } from '../core/errors.ts';
import { isLocal, localSize, openLocal } from './http-local.ts';
import { openRemote, remoteSize, type Asked, type Body } from './http-remote.ts';
import {
  backoff,
  DEFAULT_RETRY,
  HttpStatusError,
  isWorthRetrying,
  pause,
  type RetryPolicy,
} from './http-retry.ts';

/** Where the bytes go. */
export interface DownloadSink {
  /** Bytes accepted since the start or the last reset. */
  readonly written: number;
  write(chunk: Uint8Array): Promise<void>;
  /** Forgets everything: the transfer starts over. */
  reset(): Promise<void>;
}

export interface DownloadOptions {
  /** Bytes that a signed index announced: any other length is refused (kind `verification`). */
  readonly expectedSize?: number;
  /** The most bytes to take when the size is not known. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
  /** Called with the bytes so far. */
  readonly onProgress?: (bytes: number) => void;
  readonly retry?: Partial<RetryPolicy>;
  /** Milliseconds until the answer begins; default 20 s. */
  readonly connectTimeout?: number;
  /** Milliseconds without a byte; default 30 s. */
  readonly idleTimeout?: number;
  /** A question that is not a plain GET; its answer is never taken up where it stopped. */
  readonly asked?: Asked;
}

/**
 * Downloads `url` into `sink`. Throws AppErrors: `http.not-found`, `http.status`, `http.connection`,
 * `http.timeout`, `http.too-large` (kind `network`), `http.size` (kind `verification`).
 */
export async function download(
  url: string,
  sink: DownloadSink,
  options: DownloadOptions = {},
): Promise<void> {
  const policy = { ...DEFAULT_RETRY, ...options.retry };
  let validator: string | undefined;
  for (let attempt = 1; ; attempt += 1) {
    const before = sink.written;
    try {
      const body = await open(url, sink.written, validator, options);
      validator = body.validator;
      if (body.start !== sink.written) await sink.reset();
      checkAnnounced(url, body, options);
      await transfer(url, body, sink, options);
      return;
    } catch (error) {
      options.signal?.throwIfAborted();
      // A transfer that moves forward is not failing, however often its connection breaks.
      if (sink.written > before) attempt = 1;
      if (error instanceof HttpStatusError && error.status === 416) await sink.reset();
      if (attempt >= policy.attempts || !isWorthRetrying(error)) throw error;
      await pause(backoff(error, attempt, policy), options.signal);
    }
  }
}

/** Downloads a small file into memory. `maxBytes` or `expectedSize` bounds it. */
export async function downloadBytes(
  url: string,
  options: DownloadOptions & ({ readonly maxBytes: number } | { readonly expectedSize: number }),
): Promise<Buffer> {
  let chunks: Uint8Array[] = [];
  let written = 0;
  await download(
    url,
    {
      get written() {
        return written;
      },
      write(chunk) {
        chunks.push(chunk);
        written += chunk.length;
        return Promise.resolve();
      },
      reset() {
        chunks = [];
        written = 0;
        return Promise.resolve();
      },
    },
    options,
  );
  return Buffer.concat(chunks);
}

/**
 * Whether a mirror has a file (of `size` bytes, where the server says): asks for its head only. False
 * also when the mirror cannot be reached or refuses.
 */
export async function exists(
  url: string,
  options: { readonly size?: number; readonly signal?: AbortSignal } = {},
): Promise<boolean> {
  try {
    const size = isLocal(url) ? await localSize(url) : await remoteSize(url, options.signal);
    return size === 'unknown' || options.size === undefined || size === options.size;
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof AppError) return false;
    throw error;
  }
}

function open(
  url: string,
  offset: number,
  validator: string | undefined,
  options: DownloadOptions,
): Promise<Body> {
  if (isLocal(url)) return openLocal(url, offset);
  // Without a validator a resumed body is only safe when its hash is known beforehand.
  const isSafe = validator !== undefined || options.expectedSize !== undefined;
  const resume = offset > 0 && isSafe && options.asked === undefined;
  const limits = {
    connectTimeout: options.connectTimeout ?? 20_000,
    idleTimeout: options.idleTimeout ?? 30_000,
    signal: options.signal,
  };
  return openRemote(url, resume ? { offset, validator } : undefined, limits, options.asked);
}

function checkAnnounced(url: string, body: Body, options: DownloadOptions): void {
  if (body.total === undefined) return;
  const { expectedSize, maxBytes } = options;
  if (expectedSize !== undefined && body.total !== expectedSize) {
    void body.close();
    throw wrongSize(url, expectedSize, `${body.total} bytes`);
  }
  if (maxBytes !== undefined && body.total > maxBytes) {
    void body.close();
    throw tooLarge(url, maxBytes, `${body.total} bytes`);
  }
}

async function transfer(
  url: string,
  body: Body,
  sink: DownloadSink,
  options: DownloadOptions,
): Promise<void> {
  const { expectedSize, maxBytes = Infinity } = options;
  for await (const chunk of body.chunks) {
    const after = sink.written + chunk.length;
    if (expectedSize !== undefined && after > expectedSize) {
      throw wrongSize(url, expectedSize, `more than ${expectedSize} bytes`);
    }
    if (after > maxBytes) throw tooLarge(url, maxBytes, `more than ${maxBytes} bytes`);
    await sink.write(chunk);
    options.onProgress?.(sink.written);
  }
  if (body.total !== undefined && sink.written < body.total) {
    throw new AppError({
      kind: 'network',
      code: 'http.cut',
      what: 'the connection ended before the file did',
      where: url,
      expected: `${body.total} bytes`,
      got: `${sink.written} bytes`,
    });
  }
  if (expectedSize !== undefined && sink.written !== expectedSize) {
    throw wrongSize(url, expectedSize, `${sink.written} bytes`);
  }
}

function wrongSize(url: string, expected: number, got: string): AppError {
  return new AppError({
    kind: 'verification',
    code: 'http.size',
    what: 'the mirror serves a file of another size than the signed index announces',
    where: url,
    expected: `${expected} bytes`,
    got,
    next: 'try another mirror with --mirror NAME=URL',
  });
}

function tooLarge(url: string, most: number, got: string): AppError {
  return new AppError({
    kind: 'network',
    code: 'http.too-large',
    what: 'the mirror sends more than such a file may hold',
    where: url,
    expected: `at most ${most} bytes`,
    got,
    next: 'try another mirror with --mirror NAME=URL',
  });
}

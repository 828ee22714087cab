import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { download, downloadBytes, exists, type DownloadOptions } from '../../../edge/http.ts';
import { parseRetryAfter } from '../../../edge/http-retry.ts';
import { MirrorServer } from '../../support/mirror-server.ts';
import { appErrorOf } from '../../support/only-app-errors.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const data = Buffer.alloc(300_000, 'qubeforge ');
const content = new Map([['pool/x+1.deb', data]]);
const server = new MirrorServer(() => content);
await server.start();
afterAll(() => server[Symbol.asyncDispose]());
afterEach(() => {
  server.clearFaults();
  server.requests.length = 0;
  server.etags = true;
});

/** An address where nobody listens any more. */
const nobody = await (async () => {
  const gone = new MirrorServer(() => content);
  await gone.start();
  const address = gone.url;
  await gone[Symbol.asyncDispose]();
  return address;
})();

const url = `${server.url}/pool/x%2B1.deb`;
/** Far quicker than `toEqual` on so many bytes. */
const isData = (bytes: Buffer): boolean => bytes.equals(data);
const retry = { attempts: 3, base: 1, longest: 5 };
const get = (options: Partial<DownloadOptions> = {}) =>
  downloadBytes(url, { expectedSize: data.length, retry, ...options });

describe('download', () => {
  test('gets a file and reports progress', async () => {
    const seen: number[] = [];
    expect(await get({ onProgress: (bytes) => seen.push(bytes) })).toSatisfy(isData);
    expect(seen.at(-1)).toBe(data.length);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });

  test.each([true, false])('takes up a cut transfer where it stopped (ETag: %s)', async (etags) => {
    server.etags = etags;
    server.fault('pool/x+1.deb', { kind: 'cut', bytes: 100_000 }, 1);
    expect(await get()).toSatisfy(isData);
    expect(server.requests).toHaveLength(2);
    expect(server.requests[1]?.range).toMatch(/^bytes=[1-9]\d*-$/);
  });

  test('goes on as long as a transfer moves forward, however often it is cut', async () => {
    server.fault('pool/x+1.deb', { kind: 'cut', bytes: 40_000 }, 6);
    expect(await get()).toSatisfy(isData);
  });

  test('starts over when the file changed in between', async () => {
    server.fault('pool/x+1.deb', { kind: 'cut', bytes: 100_000 }, 1);
    const changed = Buffer.alloc(data.length, 'other');
    const reading = get({
      onProgress: () => {
        content.set('pool/x+1.deb', changed);
      },
    });
    try {
      expect((await reading).equals(changed)).toBe(true);
    } finally {
      content.set('pool/x+1.deb', data);
    }
  });

  test('without a size or an ETag it starts over instead of joining unlike halves', async () => {
    server.etags = false;
    server.fault('pool/x+1.deb', { kind: 'cut', bytes: 100_000 }, 1);
    expect(await downloadBytes(url, { maxBytes: 1e6, retry })).toSatisfy(isData);
    expect(server.requests.map((request) => request.range)).toEqual([undefined, undefined]);
  });

  test('asks a busy server again, after the time that it names', async () => {
    server.fault('pool/x+1.deb', { kind: 'status', status: 503, retryAfter: '0' }, 2);
    expect(await get()).toSatisfy(isData);
    expect(server.requests).toHaveLength(3);
  });

  test('gives up on a server that stays busy', async () => {
    server.fault('pool/x+1.deb', { kind: 'status', status: 503 });
    expect(await appErrorOf(() => get())).toMatchObject({
      kind: 'network',
      code: 'http.status',
      got: 'HTTP status 503',
      where: url,
    });
    expect(server.requests).toHaveLength(3);
  });

  test.each([
    [404, 'http.not-found'],
    [410, 'http.not-found'],
    [403, 'http.status'],
  ])('does not ask again after status %i', async (status, code) => {
    server.fault('pool/x+1.deb', { kind: 'status', status });
    expect((await appErrorOf(() => get())).code).toBe(code);
    expect(server.requests).toHaveLength(1);
  });

  test('refuses a file of another size than announced before reading it', async () => {
    for (const bytes of [data.subarray(1), Buffer.concat([data, Buffer.from('x')])]) {
      server.clearFaults();
      server.fault('pool/x+1.deb', { kind: 'replace', bytes });
      const error = await appErrorOf(() => get());
      expect(error).toMatchObject({ kind: 'verification', code: 'http.size', got: `${bytes.length} bytes` });
      expect(error.expected).toBe(`${data.length} bytes`);
    }
  });

  test('takes no more than the cap when the size is not known', async () => {
    const error = await appErrorOf(() => downloadBytes(url, { maxBytes: 1000, retry }));
    expect(error.code).toBe('http.too-large');
  });

  test('does not wait for a server that says nothing', async () => {
    server.fault('pool/x+1.deb', { kind: 'stall' });
    const error = await appErrorOf(() => get({ idleTimeout: 20, retry: { ...retry, attempts: 1 } }));
    expect(error).toMatchObject({ kind: 'network', code: 'http.timeout' });
  });

  test('tells that nobody answers, with the reason of the system', async () => {
    const error = await appErrorOf(() => downloadBytes(`${nobody}/x`, { maxBytes: 1, retry }));
    expect(error).toMatchObject({ kind: 'network', code: 'http.connection' });
    expect(error.got).toContain('ECONNREFUSED');
  });

  test('stops when it is told to', async () => {
    server.fault('pool/x+1.deb', { kind: 'slow', pause: 5, piece: 1000 });
    const stop = new AbortController();
    const reading = get({
      signal: stop.signal,
      onProgress: () => {
        stop.abort(new Error('Ctrl-C'));
      },
    });
    await expect(reading).rejects.toThrow('Ctrl-C');
  });

  test('a failing sink stops the transfer and is not tried again', async () => {
    const sink = {
      written: 0,
      write: () => Promise.reject(new Error('no space left')),
      reset: () => Promise.resolve(),
    };
    await expect(download(url, sink, { expectedSize: data.length, retry })).rejects.toThrow('no space left');
    expect(server.requests).toHaveLength(1);
  });
});

describe('local mirrors', () => {
  test('are read by path and by file URL', async () => {
    await using dir = await temporaryDirectory();
    await mkdir(join(dir.path, 'pool'));
    const path = join(dir.path, 'pool/x+1.deb');
    await writeFile(path, data);
    for (const address of [path, pathToFileURL(path).href]) {
      expect(await downloadBytes(address, { expectedSize: data.length })).toSatisfy(isData);
      expect(await exists(address, { size: data.length })).toBe(true);
      expect(await exists(address, { size: 1 })).toBe(false);
    }
    for (const missing of [`${path}.x`, `${path}/x`, dir.path]) {
      const error = await appErrorOf(() => downloadBytes(missing, { maxBytes: 1 }));
      expect(error.code).toBe('http.not-found');
      expect(await exists(missing)).toBe(false);
    }
  });
});

test('exists asks for the head only', async () => {
  expect(await exists(url, { size: data.length })).toBe(true);
  expect(await exists(url, { size: 1 })).toBe(false);
  expect(await exists(`${server.url}/pool/none`)).toBe(false);
  expect(await exists(`${nobody}/x`)).toBe(false);
  expect(new Set(server.requests.map((request) => request.method))).toEqual(new Set(['HEAD']));
});

test('Retry-After is read as seconds or as a date', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  expect(parseRetryAfter('120', now)).toBe(120_000);
  expect(parseRetryAfter('Thu, 01 Jan 2026 00:00:05 GMT', now)).toBe(5000);
  expect(parseRetryAfter('Wed, 31 Dec 2025 00:00:00 GMT', now)).toBe(0);
  expect(parseRetryAfter('soon', now)).toBeUndefined();
  expect(parseRetryAfter(null, now)).toBeUndefined();
});

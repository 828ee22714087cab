import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { sha256 } from '../../core/digest.ts';
import { makeCertificate } from './tls.ts';

/** What a server does wrong. */
export type Fault =
  /** Answers with this status. */
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: string }
  /** Announces the whole file, sends `bytes` of it and breaks the connection. */
  | { readonly kind: 'cut'; readonly bytes: number }
  /** Serves these bytes as if they were the file. */
  | { readonly kind: 'replace'; readonly bytes: Uint8Array }
  /** Announces the file and then sends nothing. */
  | { readonly kind: 'stall' }
  /** Sends the file in pieces of `piece` bytes with a pause (ms) before each. */
  | { readonly kind: 'slow'; readonly pause: number; readonly piece: number };

export interface ServedRequest {
  readonly method: string;
  readonly path: string;
  readonly range: string | undefined;
}

interface ArmedFault {
  readonly path: string | RegExp;
  readonly fault: Fault;
  left: number;
}

/** Serves a map of files on 127.0.0.1 below `/debian/` or any other first name, with Range, ETag and faults on demand. */
export class MirrorServer implements AsyncDisposable {
  readonly requests: ServedRequest[] = [];
  /** Whether answers carry an ETag; default true. */
  etags = true;
  /** Whether answers say how long they are; without, the end of the connection is the end of the file. */
  lengths = true;
  /** Called with each request as it comes in. */
  onRequest: (request: ServedRequest) => void = () => undefined;
  readonly #content: () => ReadonlyMap<string, Buffer>;
  readonly #server;
  readonly #scheme: 'http' | 'https';
  readonly #faults: ArmedFault[] = [];
  /** The certificate, PEM, made for this server and trusted by nobody else; empty without TLS. */
  readonly authority: string;

  /** With https, clients must take `authority` for one. */
  constructor(content: () => ReadonlyMap<string, Buffer>, scheme: 'http' | 'https' = 'http') {
    this.#content = content;
    this.#scheme = scheme;
    const serve = (request: IncomingMessage, response: ServerResponse): void => {
      void this.#serve(request, response);
    };
    const identity = scheme === 'http' ? undefined : makeCertificate();
    this.authority = identity?.certificate ?? '';
    this.#server =
      identity === undefined
        ? createServer(serve)
        : createTlsServer({ key: identity.key, cert: identity.certificate }, serve);
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}/debian`;
  }

  /** The next `times` requests (default: all) for paths that match get this fault. */
  fault(path: string | RegExp, fault: Fault, times = Infinity): void {
    this.#faults.push({ path, fault, left: times });
  }

  clearFaults(): void {
    this.#faults.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) =>
      this.#server.close(() => {
        resolve();
      }),
    );
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(request.url ?? '').replace(/^\/[^/]+\//, '');
    const served = { method: request.method ?? '', path, range: request.headers.range };
    this.requests.push(served);
    this.onRequest(served);
    const fault = this.#take(path);
    if (fault?.kind === 'status') {
      const headers = fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter };
      response.writeHead(fault.status, headers).end();
      return;
    }
    const whole = fault?.kind === 'replace' ? Buffer.from(fault.bytes) : this.#content().get(path);
    if (whole === undefined) {
      response.writeHead(404).end();
      return;
    }
    const body = this.#head(request, response, whole);
    if (request.method === 'HEAD') response.end();
    else await send(response, body, fault);
  }

  /** Writes the head of the answer; returns the bytes to send. */
  #head(request: IncomingMessage, response: ServerResponse, whole: Buffer): Buffer {
    const etag = `"${sha256(whole).slice(0, 16)}"`;
    const common = this.etags ? { etag } : {};
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? NaN);
    const condition = request.headers['if-range'];
    if (Number.isNaN(start) || (condition !== undefined && condition !== etag)) {
      response.useChunkedEncodingByDefault = this.lengths;
      response.shouldKeepAlive = this.lengths;
      response.writeHead(200, { ...common, ...(this.lengths && { 'content-length': whole.length }) });
      return whole;
    }
    if (start >= whole.length) {
      response.writeHead(416, { 'content-range': `bytes */${whole.length}`, 'content-length': 0 });
      return Buffer.alloc(0);
    }
    const range = `bytes ${start}-${whole.length - 1}/${whole.length}`;
    response.writeHead(206, {
      ...common,
      'content-range': range,
      'content-length': whole.length - start,
    });
    return whole.subarray(start);
  }

  #take(path: string): Fault | undefined {
    const armed = this.#faults.find(
      (one) => one.left > 0 && (typeof one.path === 'string' ? one.path === path : one.path.test(path)),
    );
    if (armed === undefined) return undefined;
    armed.left -= 1;
    return armed.fault;
  }
}

async function send(response: ServerResponse, body: Buffer, fault: Fault | undefined): Promise<void> {
  switch (fault?.kind) {
    case 'cut':
      response.write(body.subarray(0, fault.bytes), () => response.destroy());
      return;
    case 'stall':
      response.flushHeaders();
      return;
    case 'slow':
      for (let at = 0; at < body.length && !response.destroyed; at += fault.piece) {
        await sleep(fault.pause);
        response.write(body.subarray(at, at + fault.piece));
      }
      response.end();
      return;
    default:
      response.end(body);
  }
}

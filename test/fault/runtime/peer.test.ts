import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileSanitized, findCompiler } from '../../support/compiler.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const compiler = findCompiler();
const READ = 2;
const WATCH = 4;
const EVENT = 15;
const ERROR = 16;
const PATH = '/local/domain/7/domid';

/** A message of the xenstore's protocol: type, request, transaction, length, then the body. */
function message(type: number, body: string): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(type, 0);
  header.writeUInt32LE(Buffer.byteLength(body), 12);
  return Buffer.concat([header, Buffer.from(body)]);
}

const event = message(EVENT, `${PATH}\0\0`);

/** A xenstore with one client, and the program that watches a domain in it. */
interface Watched extends AsyncDisposable {
  readonly asked: (readonly [type: number, body: string])[];
  readonly send: (...parts: readonly Buffer[]) => Promise<void>;
  readonly close: () => void;
  /** Lines that the program printed. */
  readonly seen: () => readonly string[];
  readonly exitCode: () => Promise<number | null>;
}

/** `reply` says what the store sends for a request. */
async function watch(
  program: string,
  reply: (type: number, body: string) => readonly Buffer[],
): Promise<Watched> {
  const folder = await temporaryDirectory();
  const path = join(folder.path, 'store');
  const asked: [number, string][] = [];
  let client: Socket | undefined;
  const server = createServer((socket) => {
    client = socket;
    let input = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      input = Buffer.concat([input, chunk]);
      while (input.length >= 16 && input.length >= 16 + input.readUInt32LE(12)) {
        const length = input.readUInt32LE(12);
        const request: [number, string] = [input.readUInt32LE(0), input.toString('utf8', 16, 16 + length)];
        input = input.subarray(16 + length);
        asked.push(request);
        void send(socket, reply(...request));
      }
    });
    // The program may be gone before it has read everything.
    socket.on('error', () => undefined);
  }).listen(path);
  await once(server, 'listening');
  let output = '';
  const child: ChildProcess = spawn(program, [path, '7'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  child.stdout?.on('data', (text: Buffer) => (output += text.toString()));
  return {
    asked,
    send: (...parts) => send(client, parts),
    close: () => client?.destroy(),
    seen: () => output.split('\n').filter((line) => line !== ''),
    exitCode: async () => ((await ended) as [number | null])[0],
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      client?.destroy();
      server.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** One by one, so that messages arrive in pieces. */
async function send(client: Socket | undefined, parts: readonly Buffer[]): Promise<void> {
  for (const part of parts) {
    client?.write(part);
    await sleep(20);
  }
}

const there = message(READ, '7');
const gone = message(ERROR, 'ENOENT\0');
const ok = message(WATCH, 'OK\0');

describe.skipIf(compiler === undefined)('the watch of a domain', () => {
  let program = '';
  beforeAll(() => {
    const sources = [join(import.meta.dirname, 'vchan/peer.c'), 'runtime/vchan/peer.c'];
    program = compileSanitized(compiler!, sources, 'runtime/vchan');
  });
  afterAll(() => {
    rmSync(dirname(program), { recursive: true, force: true });
  });

  it('asks once for each piece of news, and then rests, also when news comes before an answer', async () => {
    await using store = await watch(program, (type) =>
      type === WATCH ? [event, ok, event] : [event, event, there],
    );
    await expect.poll(store.seen).toEqual(['alive']);
    await sleep(300);
    expect(store.asked).toEqual([
      [WATCH, `${PATH}\0\0`],
      [READ, `${PATH}\0`],
    ]);
    await store.send(event);
    await expect.poll(store.seen).toEqual(['alive', 'alive']);
    await sleep(300);
    expect(store.asked).toHaveLength(3);
  });

  it('takes messages in pieces, and another error for no news', async () => {
    const busy = message(ERROR, 'EAGAIN\0');
    const pieces = [busy.subarray(0, 3), busy.subarray(3, 17), busy.subarray(17)];
    await using store = await watch(program, (type) => (type === WATCH ? [ok, event] : pieces));
    await expect.poll(store.seen).toEqual(['alive']);
  });

  it('ends when the domain is gone', async () => {
    await using store = await watch(program, (type) => (type === WATCH ? [ok, event] : [gone]));
    expect(await store.exitCode()).toBe(0);
    expect(store.seen()).toEqual(['gone']);
  });

  it('ends when the store is gone', async () => {
    await using store = await watch(program, (type) => (type === WATCH ? [ok, event] : [there]));
    await expect.poll(store.seen).toEqual(['alive']);
    store.close();
    expect(await store.exitCode()).toBe(0);
    expect(store.seen()).toEqual(['alive', 'gone']);
  });

  it.each([
    ['refuses the watch', [message(ERROR, 'EACCES\0')]],
    ['answers with more than a message may have', [message(WATCH, 'x'.repeat(5000))]],
  ])('does not begin when the store %s', async (_, replies) => {
    await using store = await watch(program, () => replies);
    expect(await store.exitCode()).toBe(4);
  });
});

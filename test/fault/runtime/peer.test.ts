import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileSanitized, findCompiler } from '../../support/compiler.ts';
import { STORE, storeMessage as message, storeServer, type StoreServer } from '../../support/store-server.ts';

const compiler = findCompiler();
const PATH = '/local/domain/7/domid';
const event = message(STORE.event, `${PATH}\0\0`);

/** A xenstore with one client, and the program that watches a domain in it. */
interface Watched extends AsyncDisposable, Pick<StoreServer, 'send' | 'hangUp'> {
  readonly asked: () => readonly (readonly [type: number, body: string])[];
  /** Lines that the program printed. */
  readonly seen: () => readonly string[];
  readonly exitCode: () => Promise<number | null>;
}

/** `reply` says what the store sends for a request. */
async function watch(
  program: string,
  reply: (type: number, body: string) => readonly Buffer[],
  ...node: string[]
): Promise<Watched> {
  const server = await storeServer(({ type, body }) => reply(type, body));
  let output = '';
  const child: ChildProcess = spawn(program, [server.path, '7', ...node], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  child.stdout?.on('data', (text: Buffer) => (output += text.toString()));
  return {
    asked: () => server.asked.map(({ type, body }) => [type, body]),
    send: server.send,
    hangUp: server.hangUp,
    seen: () => output.split('\n').filter((line) => line !== ''),
    exitCode: async () => ((await ended) as [number | null])[0],
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await server[Symbol.asyncDispose]();
    },
  };
}

const there = message(STORE.read, '7');
const gone = message(STORE.error, 'ENOENT\0');
const ok = message(STORE.watch, 'OK\0');

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
      type === STORE.watch ? [event, ok, event] : [event, event, there],
    );
    await expect.poll(store.seen).toEqual(['alive']);
    await sleep(300);
    expect(store.asked()).toEqual([
      [STORE.watch, `${PATH}\0\0`],
      [STORE.read, `${PATH}\0`],
    ]);
    await store.send(event);
    await expect.poll(store.seen).toEqual(['alive', 'alive']);
    await sleep(300);
    expect(store.asked()).toHaveLength(3);
  });

  it('takes messages in pieces, and another error for no news', async () => {
    const busy = message(STORE.error, 'EAGAIN\0');
    const pieces = [busy.subarray(0, 3), busy.subarray(3, 17), busy.subarray(17)];
    await using store = await watch(program, (type) => (type === STORE.watch ? [ok, event] : pieces));
    await expect.poll(store.seen).toEqual(['alive']);
  });

  it('heeds news of another node until it is told to forget it', async () => {
    await using store = await watch(
      program,
      (type) => (type === STORE.read ? [there] : [message(type, 'OK\0')]),
      'data/offer',
    );
    await expect.poll(() => store.asked().length).toBe(2);
    await store.send(message(STORE.event, '/local/domain/7/data/offer\0\0'));
    await expect.poll(store.seen).toEqual(['alive']);
    await expect.poll(store.asked).toEqual([
      [STORE.watch, `${PATH}\0\0`],
      [STORE.watch, '/local/domain/7/data/offer\0\0'],
      [STORE.read, `${PATH}\0`],
      [STORE.unwatch, '/local/domain/7/data/offer\0\0'],
    ]);
  });

  it.each([
    ['the store refuses', 'data/offer'],
    ['has too long a name', 'data/'.padEnd(100, 'x')],
  ])('does not begin when the news that it is to heed %s', async (_, node) => {
    await using store = await watch(
      program,
      (_type, body) => (body.startsWith(PATH) ? [ok] : [message(STORE.error, 'EACCES\0')]),
      node,
    );
    expect(await store.exitCode()).toBe(5);
  });

  it('ends when the domain is gone', async () => {
    await using store = await watch(program, (type) => (type === STORE.watch ? [ok, event] : [gone]));
    expect(await store.exitCode()).toBe(0);
    expect(store.seen()).toEqual(['gone']);
  });

  it('ends when the store is gone', async () => {
    await using store = await watch(program, (type) => (type === STORE.watch ? [ok, event] : [there]));
    await expect.poll(store.seen).toEqual(['alive']);
    store.hangUp();
    expect(await store.exitCode()).toBe(0);
    expect(store.seen()).toEqual(['alive', 'gone']);
  });

  it.each([
    ['refuses the watch', [message(STORE.error, 'EACCES\0')]],
    ['answers with more than a message may have', [message(STORE.watch, 'x'.repeat(5000))]],
  ])('does not begin when the store %s', async (_, replies) => {
    await using store = await watch(program, () => replies);
    expect(await store.exitCode()).toBe(4);
  });
});

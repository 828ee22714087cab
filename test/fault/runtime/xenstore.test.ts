import { describe, expect, it } from 'vitest';
import { xenstoreLink } from '../../../edge/xenstore.ts';
import { xenStore } from '../../../runtime/dom0/machine/xenstore.ts';
import { STORE, storeMessage, storeServer, type Asked } from '../../support/store-server.ts';
import { appErrorOf } from '../../support/only-app-errors.ts';

const READY = '/local/domain/7/data/qubeforge-ready';
const DOMID = '/local/domain/7/domid';

const ok = ({ type }: Asked): Buffer => storeMessage(type, 'OK\0');
const missing = storeMessage(STORE.error, 'ENOENT\0');
const event = (path: string): Buffer => storeMessage(STORE.event, `${path}\0\0`);

describe('the Xen store by its protocol', () => {
  it('reads and lists, and takes what is missing for nothing', async () => {
    await using server = await storeServer(({ type, body }) => {
      if (body.startsWith('/none')) return [missing];
      return [storeMessage(type, type === STORE.read ? 'a\nb' : '0\x001\0')];
    });
    const link = xenstoreLink(server.path);
    expect(await link.read('/some')).toBe('a\nb');
    expect(await link.list('/some')).toEqual(['0', '1']);
    expect(await link.read('/none')).toBeUndefined();
    expect(await link.list('/none')).toEqual([]);
    expect(server.clients()).toBe(1);
  });

  it('gives each question its own answer, however these are cut', async () => {
    await using server = await storeServer(({ type, body }) => {
      const answer = storeMessage(type, body.replace(/\0$/, ''));
      return [answer.subarray(0, 5), answer.subarray(5, 17), answer.subarray(17)];
    });
    const link = xenstoreLink(server.path);
    const paths = Array.from({ length: 20 }, (_, index) => `/${'x'.repeat(index)}`);
    expect(await Promise.all(paths.map((path) => link.read(path)))).toEqual(paths);
  });

  it('writes in one transaction, and all of it again when somebody else wrote in between', async () => {
    let ends = 0;
    await using server = await storeServer((asked) => {
      if (asked.type === STORE.begin) return [storeMessage(STORE.begin, `${41 + ends}\0`)];
      if (asked.type === STORE.end && ends++ === 0) return [storeMessage(STORE.error, 'EAGAIN\0')];
      return [ok(asked)];
    });
    await xenStore({ store: xenstoreLink(server.path), now: Date.now }).tell(7, { b: '1', a: 'ä' });
    const round = (transaction: number): Asked[] => [
      { type: STORE.begin, transaction: 0, body: '\0' },
      { type: STORE.write, transaction, body: '/local/domain/7/qubeforge/b\x001' },
      { type: STORE.write, transaction, body: '/local/domain/7/qubeforge/a\0ä' },
      { type: STORE.end, transaction, body: 'T\0' },
    ];
    expect(server.asked).toEqual([...round(41), ...round(42)]);
  });

  it.each([
    ['refuses', () => [storeMessage(STORE.error, 'EACCES\0')], /EACCES/],
    ['sends more than a message may have', () => [storeMessage(STORE.read, 'x'.repeat(5000))], /more than/],
  ] as const)('says what went wrong when the store %s', async (_, reply, got) => {
    await using server = await storeServer(reply);
    const failure = await appErrorOf(() => xenstoreLink(server.path).read('/some'));
    expect(failure).toMatchObject({ code: 'xenstore.failed', where: server.path });
    expect(failure.got).toMatch(got);
  });

  it('says so when nobody listens, or the store hangs up', async () => {
    await using server = await storeServer(() => []);
    expect((await appErrorOf(() => xenstoreLink(`${server.path}-none`).read('/some'))).got).toMatch(/ENOENT/);
    const asking = appErrorOf(() => xenstoreLink(server.path).read('/some'));
    await expect.poll(() => server.asked).toHaveLength(1);
    server.hangUp();
    expect((await asking).got).toMatch(/closed/);
  });

  it('does not send what is too long for a message, and gives the transaction up', async () => {
    await using server = await storeServer(({ type }) => [storeMessage(type, '1\0')]);
    const failure = await appErrorOf(() => xenstoreLink(server.path).write([['/some', 'x'.repeat(4096)]]));
    expect(failure.got).toMatch(/do not fit/);
    expect(server.asked.at(-1)).toEqual({ type: STORE.end, transaction: 1, body: 'F\0' });
  });
});

describe('the wait for a guest', () => {
  /** A store in which the nodes `there` stand. */
  const store = (there: Map<string, string>) =>
    storeServer((asked) => {
      if (asked.type === STORE.watch) return [event('/before/the/answer'), ok(asked)];
      const text = there.get(asked.body.replace(/\0$/, ''));
      return [text === undefined ? missing : storeMessage(STORE.read, text)];
    });

  it('asks when there is news and only then, and ends with the word of the guest', async () => {
    const there = new Map([[DOMID, '7']]);
    await using server = await store(there);
    const waiting = xenStore({ store: xenstoreLink(server.path), now: Date.now }).waitReady(7, 60_000);
    await expect.poll(() => server.asked.length).toBe(6);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(server.asked).toHaveLength(6);
    there.set(READY, '1');
    await server.send(event(READY));
    expect(await waiting).toBe('ready');
    await expect.poll(server.clients).toBe(1);
  });

  it('believes no other word', async () => {
    const there = new Map([
      [DOMID, '7'],
      [READY, '\u001b[2J1'],
    ]);
    await using server = await store(there);
    const { waitReady } = xenStore({ store: xenstoreLink(server.path), now: Date.now });
    expect(await waitReady(7, 200)).toBe('silent');
  });

  it('ends at once when the domain goes', async () => {
    const there = new Map([[DOMID, '7']]);
    await using server = await store(there);
    const waiting = xenStore({ store: xenstoreLink(server.path), now: Date.now }).waitReady(7, 60_000);
    await expect.poll(() => server.asked.length).toBe(6);
    there.clear();
    await server.send(event(DOMID));
    expect(await waiting).toBe('gone');
  });

  it('ends when the store hangs up', async () => {
    await using server = await store(new Map([[DOMID, '7']]));
    const waiting = appErrorOf(() =>
      xenStore({ store: xenstoreLink(server.path), now: Date.now }).waitReady(7, 60_000),
    );
    await expect.poll(() => server.asked.length).toBe(6);
    server.hangUp();
    expect((await waiting).code).toBe('xenstore.failed');
  });
});

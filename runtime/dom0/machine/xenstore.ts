import { parseGuestWord } from '../model/guest-word.ts';
import type { Machine } from '../../../core/machine.ts';

/** How a wait for a guest ended. */
export type Waited = 'ready' | 'gone' | 'silent';

/** What dom0 says to guests and the little that it hears from them. */
export interface XenStore {
  /** Writes keys below a domain's own directory, all or none, and in their order. */
  readonly tell: (domid: number, facts: Readonly<Record<string, string>>) => Promise<void>;
  /** Waits until a guest says that it is ready, its domain is gone, or `timeout` milliseconds are over. */
  readonly waitReady: (domid: number, timeout: number) => Promise<Waited>;
  /** Waits until the toolstack takes a domain away, or `timeout` milliseconds are over. */
  readonly waitGone: (domid: number, timeout: number) => Promise<void>;
}

/** Guests write here, and only here. */
const READY = 'data/qubeforge-ready';
/** The toolstack writes it, no guest can touch it, and it goes with its domain. */
const DOMID = 'domid';

export function xenStore({ store, now }: Pick<Machine, 'store' | 'now'>): XenStore {
  const at = (domid: number, key: string): string => `/local/domain/${domid}/${key}`;
  /** Looks when there is news, and starts no process meanwhile: the guest needs the processor. */
  const wait = async <T>(
    paths: readonly string[],
    timeout: number,
    look: () => Promise<T | undefined>,
  ): Promise<T | undefined> => {
    const end = now() + timeout;
    using news = await store.watch(paths);
    for (;;) {
      const seen = await look();
      if (seen !== undefined || !(await news.next(Math.max(0, end - now())))) return seen;
    }
  };
  const isGone = async (domid: number): Promise<boolean> =>
    (await store.read(at(domid, DOMID))) === undefined;
  return {
    tell: (domid, facts) =>
      store.write(Object.entries(facts).map(([key, value]) => [at(domid, `qubeforge/${key}`), value])),
    waitReady: async (domid, timeout) =>
      (await wait([at(domid, READY), at(domid, DOMID)], timeout, async (): Promise<Waited | undefined> => {
        if (parseGuestWord((await store.read(at(domid, READY))) ?? '') === '1') return 'ready';
        return (await isGone(domid)) ? 'gone' : undefined;
      })) ?? 'silent',
    waitGone: async (domid, timeout) => {
      await wait([at(domid, DOMID)], timeout, async () => (await isGone(domid)) || undefined);
    },
  };
}

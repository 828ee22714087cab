import { parseGuestWord } from '../model/guest-word.ts';
import type { Machine } from '../../../core/machine.ts';

/** What dom0 says to guests and the little that it hears from them. */
export interface XenStore {
  /** Writes keys below a domain's own directory, in one transaction and in their order. */
  readonly tell: (domid: number, facts: Readonly<Record<string, string>>) => Promise<void>;
  /** Waits until a guest says that it is ready. False when the time, in milliseconds, is over. */
  readonly waitReady: (domid: number, timeout: number) => Promise<boolean>;
}

/** Guests write here, and only here. */
const READY = 'data/qubeforge-ready';
/** Milliseconds after which a missed event of the watch would be made up for. */
const RECHECK = 5000;

export function xenStore({ run, now, sleep }: Pick<Machine, 'run' | 'now' | 'sleep'>): XenStore {
  const ready = async (path: string): Promise<boolean> => {
    const { stdout, exitCode } = await run({ argv: ['xenstore-read', path], accept: [0, 1] });
    return exitCode === 0 && parseGuestWord(stdout) === '1';
  };
  return {
    tell: async (domid, facts) => {
      const pairs = Object.entries(facts).flatMap(([key, value]) => [
        `/local/domain/${domid}/qubeforge/${key}`,
        value,
      ]);
      await run({ argv: ['xenstore-write', ...pairs] });
    },
    waitReady: async (domid, timeout) => {
      const path = `/local/domain/${domid}/${READY}`;
      const end = now() + timeout;
      while (!(await ready(path))) {
        const left = end - now();
        if (left <= 0) return false;
        const watch = ['timeout', `${Math.min(left, RECHECK) / 1000}`, 'xenstore-watch', '-n', '2', path];
        const { exitCode } = await run({ argv: ['env', ...watch], accept: [0, 1, 124] });
        if (exitCode === 1) await sleep(RECHECK);
      }
      return true;
    },
  };
}

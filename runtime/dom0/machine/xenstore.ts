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
/** Milliseconds until the next look when no watch could be set. */
const RETRY = 5000;

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
      // The watch fires once at its start and then at the guest's word; few processes, since the guest needs the processor.
      const watch = ['timeout', `${Math.ceil(timeout / 1000)}`, 'xenstore-watch', '-n', '2', path] as const;
      while (!(await ready(path))) {
        if (now() >= end) return false;
        const { exitCode } = await run({ argv: [...watch], accept: [0, 1, 124] });
        if (exitCode === 1) await sleep(RETRY);
      }
      return true;
    },
  };
}

import { readFile } from 'node:fs/promises';
import type { Sandbox } from '../builder/sandbox/job.ts';

/** A clock that is ahead of the real one, by libfaketime. */
export interface ShiftedClock {
  /** Host path of libfaketime.so.1. */
  readonly library: string;
  readonly days: number;
}

/** What a job prints first, with what its tools think the time is (ISO 8601). */
export const CLOCK_MARK = 'the clock of the sandbox says';

/**
 * A sandbox whose programs, also those in a chroot that shares its /dev, see a later time: maintainer scripts,
 * dpkg, tar, image tools. A time namespace does not cover the real-time clock (time_namespaces(7)), so every
 * program is given a library. Times of files stay real: what a tool reads from a package must not move.
 */
export function shiftedSandbox(sandbox: Sandbox, clock: ShiftedClock): Sandbox {
  const prelude = [
    'cp /job/clock.so /dev/shm/clock.so',
    `export LD_PRELOAD=/dev/shm/clock.so FAKETIME=+${String(clock.days)}d NO_FAKE_STAT=1`,
    `date -u '+${CLOCK_MARK} %Y-%m-%dT%H:%M:%SZ' >&2`,
  ];
  return async (job) =>
    sandbox({
      ...job,
      script: [...prelude, job.script].join('\n'),
      files: { ...job.files, 'clock.so': await readFile(clock.library) },
    });
}

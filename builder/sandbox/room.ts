import { formatBytes, MIB } from '../../core/bytes.ts';

/** What everything else on the machine keeps. */
const RESERVE = 512 * MIB;

/** Where a job works, and why, for the log. */
export interface Room {
  readonly place: 'memory' | 'disk';
  readonly account: string;
}

/** Memory for a job that needs about `needed` bytes of the `available` ones, or the disk when that is too little. */
export function roomFor(needed: number, available: number): Room {
  const place = needed + RESERVE <= available ? 'memory' : 'disk';
  const amounts = `about ${formatBytes(needed)} are needed, ${formatBytes(Math.max(available, 0))} of memory are available`;
  const account =
    place === 'memory'
      ? `assembled in memory: ${amounts}`
      : `assembled on disk, which is slower: ${amounts}, and ${formatBytes(RESERVE)} stay free for everything else`;
  return { place, account };
}

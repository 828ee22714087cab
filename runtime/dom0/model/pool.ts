import type { PoolUse } from './observed.ts';

/** Percent of the pool from which on it is worth an alarm. */
export const POOL_ALARM = 80;

/** How full the pool is, for people. */
export function describePool({ data, metadata }: PoolUse): string {
  return [
    `data ${data.toFixed(0)} %`,
    ...(metadata === undefined ? [] : [`metadata ${metadata.toFixed(0)} %`]),
  ].join(', ');
}

/** What to tell a person before the pool is full: qubes whose writes find no room lose them. */
export function poolAlarms({ data, metadata = 0 }: PoolUse): readonly string[] {
  return [
    { what: 'data', percent: data },
    { what: 'metadata', percent: metadata },
  ]
    .filter(({ percent }) => percent >= POOL_ALARM)
    .map(
      ({ what, percent }) =>
        `the pool's ${what} is ${percent.toFixed(0)} % full: remove data or grow the pool before it is full`,
    );
}

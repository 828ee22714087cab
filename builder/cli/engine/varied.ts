import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../../core/errors.ts';
import type { ShiftedClock } from '../../../edge/shifted-clock.ts';
import type { Context } from '../command.ts';

/**
 * `DAYS:LIBRARY`: how `reproduce` tells its second build to see a later time. Not part of any stage's id, so it
 * is heeded only in a cache that `reproduce` made and throws away.
 */
export const CLOCK_VARIABLE = 'QUBEFORGE_REPRODUCE_CLOCK';

/** The file that marks such a cache. */
export const THROW_AWAY_MARK = 'made-by-reproduce';

/** The clock of a second build; undefined in every other run. Throws for a cache that is to be kept. */
export function shiftedClockOf({ env, globals }: Pick<Context, 'env' | 'globals'>): ShiftedClock | undefined {
  const text = env[CLOCK_VARIABLE];
  if (text === undefined) return undefined;
  const [, days, library] = /^(\d{1,5}):(\/.+)$/.exec(text) ?? [];
  if (days !== undefined && library !== undefined && existsSync(join(globals.cache, THROW_AWAY_MARK))) {
    return { days: Number(days), library };
  }
  throw new AppError({
    kind: 'usage',
    code: 'usage.clock',
    what: `${CLOCK_VARIABLE} is only for the second build of qubeforge reproduce`,
    got: text,
    next: `unset ${CLOCK_VARIABLE}`,
  });
}

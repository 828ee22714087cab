import { AppError } from '../../../core/errors.ts';
import { defineCommand, type Command, type Context } from '../command.ts';

/** What the user asked about locks. */
export interface LockRequest {
  /** Names of recipes; none means every recipe that can be built. */
  readonly recipes: readonly string[];
  /** `write` makes missing and stale locks, `update` all of them anew, `check` only compares. */
  readonly mode: 'write' | 'update' | 'check';
}

/** The command `lock`, with what does the work. */
export function lockCommand(lock: (context: Context, request: LockRequest) => Promise<void>): Command {
  return defineCommand({
    name: 'lock',
    summary: 'resolve packages, write locks and say what moved',
    details: 'Without a recipe, takes all of them. A lock that still fits its recipe is left alone.',
    positionals: { name: 'RECIPE…', min: 0, max: Infinity, complete: 'recipe' },
    options: {
      check: { type: 'boolean', help: 'write nothing; fail when a lock is missing or does not fit' },
      update: { type: 'boolean', help: 'resolve again, also where the lock fits' },
    },
    async run(context, { positionals, values: { check, update } }) {
      if (check && update) throw bothGiven();
      await lock(context, {
        recipes: [...new Set(positionals)],
        mode: check ? 'check' : update ? 'update' : 'write',
      });
    },
  });
}

function bothGiven(): AppError {
  return new AppError({
    kind: 'usage',
    code: 'usage.lock',
    what: '--check changes nothing and --update does: give one of them',
    next: 'qubeforge lock --help',
  });
}

import { AppError } from '../../../core/errors.ts';
import { defineCommand, type Command, type Context } from '../command.ts';

/** What may be removed from the cache. */
export interface GcRequest {
  /** Milliseconds: what was used within this time stays. */
  readonly grace: number;
  /** Everything, needed or not. */
  readonly all: boolean;
  readonly dryRun: boolean;
}

const DAY = 24 * 60 * 60 * 1000;

/** The command `gc`, with what does the work. */
export function gcCommand(gc: (context: Context, request: GcRequest) => Promise<void>): Command {
  return defineCommand({
    name: 'gc',
    summary: 'remove from the cache what no lock and no recent build needs',
    options: {
      'keep-days': {
        type: 'string',
        value: 'N',
        default: '14',
        help: 'keep what was used in the last N days',
      },
      all: { type: 'boolean', help: 'remove everything, needed or not; the next build starts from nothing' },
      'dry-run': { type: 'boolean', help: 'say what would be removed and remove nothing' },
    },
    run: (context, { values }) =>
      gc(context, {
        grace: parseDays(values['keep-days']) * DAY,
        all: values.all,
        dryRun: values['dry-run'],
      }),
  });
}

function parseDays(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new AppError({
    kind: 'usage',
    code: 'usage.days',
    what: '--keep-days is no number of days',
    expected: 'a whole number from 0 to 99999',
    got: text,
  });
}

import { AppError } from '../../../core/errors.ts';
import { defineCommand, type Command, type Context } from '../command.ts';

/** What the user asked to build. */
export interface BuildRequest {
  /** Names of recipes, at least one. */
  readonly recipes: readonly string[];
  readonly offline: boolean;
  /** How many stages and downloads run at the same time. */
  readonly jobs: number;
  /** Print what would be done; change nothing. */
  readonly dryRun: boolean;
  /** Instead of the recipes' own outputs. */
  readonly outputs: readonly string[] | undefined;
  readonly onStaleLock: 'fail' | 'update';
  /** Leave the work directory of a failed stage for a look inside. */
  readonly keepFailed: boolean;
  /** File with the private key that signs media; left out, the developer key of this user. */
  readonly sign: string | undefined;
}

export type Build = (context: Context, request: BuildRequest) => Promise<void>;

const DEFAULT_RECIPE = 'iso';

/** The command `build`, with what does the work and the outputs that it knows. */
export function buildCommand(build: Build, outputs: readonly string[], processors: number): Command {
  return defineCommand({
    name: 'build',
    summary: 'build recipes and write their images to out/',
    details: `Without a recipe, builds ${DEFAULT_RECIPE}.`,
    positionals: { name: 'RECIPE…', min: 0, max: Infinity, complete: 'recipe' },
    options: {
      offline: { type: 'boolean', help: 'use no network: everything has to be in the cache' },
      jobs: { type: 'string', value: 'N', help: `stages at the same time (default: ${processors})` },
      'dry-run': { type: 'boolean', help: 'show what would be done and change nothing' },
      output: {
        type: 'string',
        multiple: true,
        choices: outputs,
        help: "make this output instead of the recipe's own; may be given again",
      },
      'on-stale-lock': {
        type: 'string',
        choices: ['fail', 'update'],
        default: 'fail',
        help: 'what to do when the lock is missing or no longer fits',
      },
      sign: {
        type: 'string',
        value: 'KEY',
        complete: 'file',
        help: 'private key that signs media (default: a developer key, made when there is none)',
      },
      'keep-failed': { type: 'boolean', help: 'keep the work directory of a failed stage' },
    },
    run: (context, { positionals, values }) =>
      build(context, {
        recipes: positionals.length === 0 ? [DEFAULT_RECIPE] : [...new Set(positionals)],
        offline: values.offline,
        jobs: parseJobs(values.jobs, processors),
        dryRun: values['dry-run'],
        outputs: values.output.length === 0 ? undefined : [...new Set(values.output)],
        onStaleLock: values['on-stale-lock'] === 'update' ? 'update' : 'fail',
        keepFailed: values['keep-failed'],
        sign: values.sign,
      }),
  });
}

/** A number of jobs, or the processors of the machine. Throws an `AppError` of kind `usage`. */
export function parseJobs(text: string | undefined, processors: number): number {
  if (text === undefined) return processors;
  const jobs = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (jobs >= 1) return jobs;
  throw new AppError({
    kind: 'usage',
    code: 'usage.jobs',
    what: '--jobs is no number of jobs',
    expected: 'a whole number from 1 to 999',
    got: text,
  });
}

import { defineCommand, type Command, type Context } from '../command.ts';
import { parseJobs } from './build.ts';

/** What the user wants built a second time. */
export interface ReproduceRequest {
  readonly recipe: string;
  readonly offline: boolean;
  readonly jobs: number;
  /** File with the private key that signs media, in both builds. */
  readonly sign: string | undefined;
}

/** The command `reproduce`, with what does the work. */
export function reproduceCommand(
  reproduce: (context: Context, request: ReproduceRequest) => Promise<void>,
  processors: number,
): Command {
  return defineCommand({
    name: 'reproduce',
    summary: 'build again from nothing, in a varied environment, and compare',
    details: 'Says identical, or names the files that differ and exits with 3.',
    positionals: { name: 'RECIPE', min: 1, max: 1, complete: 'recipe' },
    options: {
      offline: { type: 'boolean', help: 'use no network: everything has to be in the cache' },
      sign: {
        type: 'string',
        value: 'KEY',
        help: 'private key that signs media, in both builds',
        complete: 'file',
      },
      jobs: { type: 'string', value: 'N', help: `stages at the same time (default: ${processors})` },
    },
    run: (context, { positionals: [recipe = ''], values: { offline, jobs, sign } }) =>
      reproduce(context, { recipe, offline, sign, jobs: parseJobs(jobs, processors) }),
  });
}

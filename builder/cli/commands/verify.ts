import { defineCommand, type Command, type Context } from '../command.ts';

/** What the user wants proved again. */
export interface VerifyRequest {
  /** Names of recipes or paths of images; none means every recipe that has a lock. */
  readonly subjects: readonly string[];
  readonly offline: boolean;
}

/** The command `verify`, with what does the work. */
export function verifyCommand(verify: (context: Context, request: VerifyRequest) => Promise<void>): Command {
  return defineCommand({
    name: 'verify',
    summary: 'prove signatures and hashes again, from locks, cache or a built image',
    details:
      'A recipe is proved by its lock and the signed indexes archived with it; an image by its manifest. Without a subject, proves every lock.',
    positionals: { name: 'RECIPE|IMAGE…', min: 0, max: Infinity, complete: 'recipe' },
    options: { offline: { type: 'boolean', help: 'use no network: prove from what is here' } },
    run: (context, { positionals, values: { offline } }) =>
      verify(context, { subjects: [...new Set(positionals)], offline }),
  });
}

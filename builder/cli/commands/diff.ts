import { resolve } from 'node:path';
import { defineCommand, type Command, type Context } from '../command.ts';

/** Two things to compare. */
export interface DiffRequest {
  /** Paths of two images or two locks. */
  readonly before: string;
  readonly after: string;
  /** Absolute path of a page to write, too. */
  readonly html: string | undefined;
}

/** The command `diff`, with what does the work. */
export function diffCommand(diff: (context: Context, request: DiffRequest) => Promise<void>): Command {
  return defineCommand({
    name: 'diff',
    summary: 'compare two images or two locks: packages, files, sizes, keys',
    positionals: { name: 'A B', min: 2, max: 2, complete: 'file' },
    options: {
      html: { type: 'string', value: 'FILE', help: 'write the comparison as a page, too', complete: 'file' },
    },
    run: (context, { positionals: [before = '', after = ''], values: { html } }) =>
      diff(context, { before, after, html: html === undefined ? undefined : resolve(context.cwd, html) }),
  });
}

import { defineCommand, type Command, type Context } from '../command.ts';

/** A file whose origin the user wants to know. */
export interface TraceRequest {
  /** Path of an image or of its manifest. */
  readonly image: string;
  /** Path in the image. */
  readonly path: string;
}

/** The command `trace`, with what does the work. */
export function traceCommand(trace: (context: Context, request: TraceRequest) => Promise<void>): Command {
  return defineCommand({
    name: 'trace',
    summary: 'walk from a file in an image back to the key that vouches for it',
    positionals: { name: 'IMAGE PATH', min: 2, max: 2, complete: 'file' },
    options: {},
    run: (context, { positionals: [image = '', path = ''] }) => trace(context, { image, path }),
  });
}

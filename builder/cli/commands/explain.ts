import { defineCommand, type Command, type Context } from '../command.ts';

/** What the user wants explained about a recipe. */
export interface ExplainRequest {
  readonly recipe: string;
  /** Only nodes of this stage. */
  readonly stage: string | undefined;
  /** Why this package is in; instead of the graph. */
  readonly package: string | undefined;
}

/** The command `explain`, with what does the work. */
export function explainCommand(
  explain: (context: Context, request: ExplainRequest) => Promise<void>,
): Command {
  return defineCommand({
    name: 'explain',
    summary: 'show the stages of a recipe and why each is cached or built again',
    positionals: { name: 'RECIPE [STAGE]', min: 1, max: 2, complete: 'recipe' },
    options: {
      package: { type: 'string', value: 'NAME', help: 'say why this package is in, instead of the stages' },
    },
    run: (context, { positionals: [recipe = '', stage], values }) =>
      explain(context, { recipe, stage, package: values.package }),
  });
}

import { AppError } from '../../core/errors.ts';
import type { Artifact, Outputs } from '../graph/stage.ts';

/** An output of an input node. Throws an `AppError` of kind `bug` when the plan did not wire it. */
export function inputOf(inputs: Readonly<Record<string, Outputs>>, node: string, output: string): Artifact {
  const artifact = inputs[node]?.[output];
  if (artifact !== undefined) return artifact;
  throw new AppError({
    kind: 'bug',
    code: 'stage.no-input',
    what: `a stage was planned without its input ${node}.${output}`,
  });
}

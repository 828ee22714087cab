import type { Artifact, Outputs } from '../../graph/stage.ts';
import { inputOf } from '../../outputs/input-of.ts';
import type { OwnFormat } from './options.ts';

/** A package of ours in a root file system; the input of the same name has its file. */
export interface OwnPackageName {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
}

/** Our packages by the bytes that other nodes made. */
export function ownRefs(
  own: readonly OwnPackageName[],
  inputs: Readonly<Record<string, Outputs>>,
  format: OwnFormat['format'],
): (OwnPackageName & Artifact)[] {
  return own.map(({ name, version, architecture }) => {
    return { name, version, architecture, ...inputOf(inputs, name, format) };
  });
}

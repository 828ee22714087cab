import type { MediumFile } from '../medium/manifest.ts';

export type SecretName = 'passphrase' | 'recovery-key' | 'user-password';

/** What goes to a command's standard input: text, or a secret by its name. */
export type Input = string | { readonly secret: SecretName };

/** One thing to do, as data: shown in the review, printed by `plan`, done by the executor. */
export type Action =
  | {
      readonly do: 'run';
      readonly argv: readonly [string, ...string[]];
      readonly stdin?: readonly Input[];
      readonly accept?: readonly number[];
    }
  /** Writes a file below the target as a whole. `mode` in octal, for example 0o644. */
  | { readonly do: 'write'; readonly path: string; readonly mode: number; readonly text: string }
  /** Streams an image of the medium to a device, verified. */
  | { readonly do: 'deploy'; readonly image: string; readonly to: string }
  /** Copies a small file of the medium, verified. */
  | { readonly do: 'copy'; readonly file: MediumFile; readonly to: string }
  /** Shows the recovery key once. */
  | { readonly do: 'show-recovery-key' }
  /** Copies the log of this run, which holds no secret, into the new system. */
  | { readonly do: 'keep-log'; readonly path: string };

/** Something that must hold: the command ends with 0 and prints all of `says`. */
export interface Check {
  readonly argv: readonly [string, ...string[]];
  readonly stdin?: readonly Input[];
  readonly says?: string | readonly string[];
}

/**
 * One step of an installation. Doing it again must be harmless: after a power cut nobody knows how far
 * the last one came.
 */
export interface Step {
  readonly id: string;
  readonly title: string;
  /** Holds already: then nothing is applied. Only for steps that cannot be half done. */
  readonly already?: Check;
  readonly apply: readonly Action[];
  readonly verify: readonly Check[];
  /** Lost at a restart (mounts, opened volumes): done again on every run, whatever the journal says. */
  readonly transient?: true;
  /** What takes a transient step back; run in reverse order at the end, whatever happened. */
  readonly release?: readonly (readonly [string, ...string[]])[];
}

export function run(...argv: [string, ...string[]]): Action {
  return { do: 'run', argv };
}

export function write(path: string, text: string, mode = 0o644): Action {
  return { do: 'write', path, mode, text };
}

export function holds(...argv: [string, ...string[]]): Check {
  return { argv };
}

import type { QubesFile } from '../schema.ts';
import type { Qube } from '../resolve.ts';
import type { Path } from '../source.ts';
import type { PciDevice } from '../devices.ts';

/** What stands against a file, before its place in the text is looked up. */
export interface Complaint {
  readonly path: Path;
  readonly what: string;
  readonly remedy: string;
}

export interface RuleInput {
  readonly file: QubesFile;
  readonly qubes: ReadonlyMap<string, Qube>;
  /** Undefined where the machine is not at hand, for example when a file is checked elsewhere. */
  readonly pci: readonly PciDevice[] | undefined;
}

/** One thing that breaks isolation or cannot work; reports every place where it does. */
export interface Rule {
  readonly name: string;
  readonly check: (input: RuleInput) => readonly Complaint[];
}

/** A rule that looks at one qube at a time. */
export function eachQube(name: string, check: (qube: Qube, input: RuleInput) => readonly Complaint[]): Rule {
  return { name, check: (input) => [...input.qubes.values()].flatMap((qube) => check(qube, input)) };
}

/** The path of a field of a qube. */
export function field(qube: Qube, ...rest: Path): Path {
  return ['qubes', qube.name, ...rest];
}

import type { EventSink } from '../../core/events.ts';
import type { Clock } from '../../core/ports.ts';
import type { RecipeSource } from '../recipe/load.ts';

/** One option of a command, as data: parser, help and completion read it. */
export interface OptionSpec {
  readonly type: 'boolean' | 'string';
  readonly help: string;
  /** Name of the value in the help; for options of type string. */
  readonly value?: string;
  readonly choices?: readonly string[];
  readonly default?: string;
  /** May be given more than once; its value is a list then. */
  readonly multiple?: boolean;
  /** What a shell completes here. */
  readonly complete?: 'directory' | 'file';
}

export type OptionTable = Readonly<Record<string, OptionSpec>>;

type ValueOf<S extends OptionSpec> = S['type'] extends 'boolean'
  ? boolean
  : S extends { readonly multiple: true }
    ? readonly string[]
    : S extends { readonly choices: readonly (infer C)[]; readonly default: string }
      ? C
      : S extends { readonly default: string }
        ? string
        : string | undefined;

/** The values of the options in `T` after parsing: false, [] or undefined where an option was not given. */
export type Values<T extends OptionTable> = { readonly [K in keyof T]: ValueOf<T[K]> };

/** The words behind the options. */
export interface Positionals {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly complete: 'recipe' | 'file' | readonly string[];
}

/** What every command gets. */
export interface Context {
  readonly sink: EventSink;
  /** Ends the drawing of progress and shows what waited for that: something else takes the terminal over. */
  readonly release: () => Promise<void>;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly clock: Clock;
  /** The directory that holds recipes/ and keys/. */
  readonly root: string;
  /** Recipes of the project. */
  readonly recipes: RecipeSource;
  readonly globals: Globals;
}

/** Flags that every command takes. */
export interface Globals {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly log: string | undefined;
  /** Where packages and results are kept. */
  readonly cache: string;
  /** Addresses by repository name, in the order of preference, from --mirror and QUBEFORGE_MIRROR_NAME. */
  readonly mirrors: ReadonlyMap<string, readonly string[]>;
}

/** What was typed behind the command's name. */
export interface Input<V> {
  readonly positionals: readonly string[];
  readonly values: V;
}

/** A command of the program: one table from which parser, help and completion are made. */
export interface Command<T extends OptionTable = OptionTable, V = Readonly<Record<string, unknown>>> {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** More for `COMMAND --help`. */
  readonly details?: string;
  readonly positionals?: Positionals;
  readonly options: T;
  run(context: Context, input: Input<V>): Promise<void>;
}

/** Types the values that `run` gets from the command's own option table. */
export function defineCommand<const T extends OptionTable>(command: Command<T, Values<T>>): Command {
  return command;
}

import type { Secret } from '../../core/secret.ts';

/** The person wants the question before. */
export const BACK = Symbol('back');
export type Back = typeof BACK;

export interface Choice<T> {
  readonly name: string;
  readonly value: T;
  /** Shown below the list while the choice is marked. */
  readonly description?: string;
}

/** Says what is wrong with what was typed, or undefined. */
export type Validate = (text: string) => string | undefined;

/** The ways to ask. Every answer may be `BACK`; Ctrl-C throws an `AppError` (`wizard.stopped`). */
export interface Prompts {
  show(text: string): void;
  /** Shows text that may be longer than the screen, a screen at a time. */
  read(text: string): Promise<void>;
  select<T>(message: string, choices: readonly Choice<T>[], initial?: T): Promise<T | Back>;
  /** Any number of choices. */
  several<T>(
    message: string,
    choices: readonly Choice<T>[],
    initial: readonly T[],
  ): Promise<readonly T[] | Back>;
  input(
    message: string,
    options?: { readonly initial?: string; readonly validate?: Validate },
  ): Promise<string | Back>;
  /** Shows stars. `validate` sees what was typed, and must not repeat it. */
  secret(message: string, validate?: Validate): Promise<Secret | Back>;
}

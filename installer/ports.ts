import type { ExecutePorts } from './execute/ports.ts';
import type { MediumReader } from './medium-check/check.ts';
import type { Prompts } from './ui/prompts.ts';
import type { Source } from './probe/source.ts';

/** What the program touches outside itself. */
export interface Ports {
  readonly machine: Source;
  /** Where the images of the medium are. */
  readonly medium: string;
  /** The key that the medium is signed with. */
  readonly mediumKey: string;
  /** The files of a mounted medium. */
  readonly mediumReader: (medium: string) => MediumReader;
  /** Where the log bundle of a failed installation goes. */
  readonly bundle: string;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Throws an `AppError` (usage) when there is no such file. */
  readonly readText: (path: string) => Promise<string>;
  /** Makes missing folders; replaces the file as a whole. */
  readonly writeText: (path: string, text: string) => Promise<void>;
  /** Throws an `AppError` (usage) when there is nobody to ask. */
  readonly prompts: () => Prompts;
  readonly setKeyboard: (layout: string, variant: string) => Promise<boolean>;
  /** Where the person sits, and where the installed system will ask for the passphrase. */
  readonly console: 'screen' | 'serial';
  readonly randomUuid: () => string;
  /** What the executor touches, with the images of `medium`. */
  readonly executor: (medium: string) => ExecutePorts;
  /** Only one installer may write; throws an `AppError` (busy) when another does. */
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>;
  /** While `work` runs, Ctrl-C aborts its signal instead of ending the program. */
  readonly interruptible: <T>(work: (signal: AbortSignal) => Promise<T>) => Promise<T>;
}

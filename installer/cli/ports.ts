import type { Source } from '../probe/source.ts';

/** What the program touches outside itself. */
export interface Ports {
  readonly machine: Source;
  /** Where the images of the medium are. */
  readonly medium: string;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Throws an `AppError` (usage) when there is no such file. */
  readonly readText: (path: string) => Promise<string>;
  /** Makes missing folders; replaces the file as a whole. */
  readonly writeText: (path: string, text: string) => Promise<void>;
}

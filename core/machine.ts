import type { Clock, Command, Runner } from './ports.ts';

/** The files of dom0, as far as `qube` touches them. */
export interface Files {
  /** The text of a file, or undefined when there is none. */
  readonly read: (path: string) => Promise<string | undefined>;
  /** Replaces a file as a whole: a reader sees the old text or the new one. */
  readonly write: (path: string, text: string) => Promise<void>;
  /** A file of random bytes that only root reads; an existing one is kept. */
  readonly createKey: (path: string, length: number) => Promise<void>;
  readonly remove: (path: string) => Promise<void>;
  readonly rename: (from: string, to: string) => Promise<void>;
  /** Names in a directory, sorted; none when it does not exist. */
  readonly list: (directory: string) => Promise<readonly string[]>;
  /** The last part of where a symbolic link leads, or undefined when there is none. */
  readonly linkName: (path: string) => Promise<string | undefined>;
  /** The length of a file in bytes. */
  readonly size: (path: string) => Promise<number>;
  /** Makes a sparse file of that length, or lengthens one. */
  readonly extend: (path: string, bytes: number) => Promise<void>;
  /** How full the file system of a directory is, in percent. */
  readonly use: (directory: string) => Promise<number>;
  /**
   * Holds a name until disposed of; a holder that died holds nothing. Waits for another one for `wait`
   * milliseconds.
   * @throws AppError of kind `busy`.
   */
  readonly lock: (path: string, wait: number) => Promise<AsyncDisposable>;
}

/** The Xen store, where dom0 and guests tell each other short texts by path. */
export interface StoreLink {
  /** The text at a path, or undefined when there is none. */
  readonly read: (path: string) => Promise<string | undefined>;
  /** Names below a path; none when it does not exist. */
  readonly list: (path: string) => Promise<readonly string[]>;
  /** Writes all or nothing, in the order given. */
  readonly write: (nodes: readonly (readonly [path: string, text: string])[]) => Promise<void>;
  /** Looks out for changes at these paths and below; dispose of it to look no longer. */
  readonly watch: (paths: readonly string[]) => Promise<StoreWatch>;
}

/** News of some paths of the Xen store. */
export interface StoreWatch extends Disposable {
  /** True at once when something changed since the last call; false when nothing did for `timeout` milliseconds. */
  readonly next: (timeout: number) => Promise<boolean>;
}

/** dom0, as a set of things that can be done in it. */
export interface Machine {
  readonly run: Runner;
  readonly store: StoreLink;
  /**
   * Runs a command on the standard streams of the user; resolves with its exit code. With `filter`, its
   * output passes through that first.
   */
  readonly attach: (command: Command, filter?: (text: string) => string) => Promise<number>;
  readonly files: Files;
  readonly now: Clock;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** A process to start, as data: what it is given can be shown, compared and tested without running it. */
export interface Command {
  readonly argv: readonly [string, ...string[]];
  /** The whole environment; nothing is inherited but what stands here. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stdin?: string | Uint8Array;
  /** Milliseconds; the process gets SIGTERM, then SIGKILL. */
  readonly timeout?: number;
  /** Exit codes that are no failure; default `[0]`. */
  readonly accept?: readonly number[];
}

export interface Finished {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts processes. Throws an `AppError` of kind `tool` that carries the end of the output. */
export type Runner = (command: Command) => Promise<Finished>;

/** Now, in milliseconds since 1970. The only clock that our code reads. */
export type Clock = () => number;

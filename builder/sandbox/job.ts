/**
 * A piece of work for a sandbox. It sees the toolbox as `/` (read-only), its inputs under `/in`, an empty
 * `/build`, in memory unless said otherwise, and a writable `/out`; nothing else of the machine, and no network.
 */
export interface SandboxJob {
  /** Host path of the toolbox tree. */
  readonly toolbox: string;
  /** Shell script (POSIX sh, run with `-eu`) of the toolbox. */
  readonly script: string;
  /** Small files the script reads, by name, under `/job`. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Host files and directories by the name they have under `/in`. */
  readonly inputs?: Readonly<Record<string, string>>;
  /** Host directory, shown as `/out`; made when it is not there. */
  readonly out?: string;
  /** Host directory, shown as `/build` instead of memory; its files may belong to ids of the sandbox. */
  readonly work?: string;
  /** Added to the fixed environment; SOURCE_DATE_EPOCH belongs here. */
  readonly env?: Readonly<Record<string, string>>;
  /** What the script reads from stdin; by default there is nothing. */
  readonly input?: AsyncIterable<string>;
  /** Receives stdout, line by line, while the job runs. */
  readonly onLine?: (line: string) => void;
  /** Receives what the job prints, line by line. */
  readonly log?: (line: string) => void;
  readonly signal?: AbortSignal;
  readonly timeout?: number;
}

export interface SandboxResult {
  /** What the script wrote to stdout; keep it small, large results go to `/out`. */
  readonly stdout: string;
}

/** @throws AppError of kind `tool` with the end of the job's output when the script fails */
export type Sandbox = (job: SandboxJob) => Promise<SandboxResult>;

/** The same for every job on every host: what a tool could pick up from its caller stands here. */
export const SANDBOX_ENV: Readonly<Record<string, string>> = {
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/nonexistent',
  USER: 'root',
  LOGNAME: 'root',
  SHELL: '/bin/sh',
  TERM: 'dumb',
  LC_ALL: 'C.UTF-8',
  LANG: 'C.UTF-8',
  TZ: 'UTC',
};

export const SANDBOX_HOSTNAME = 'qubeforge';

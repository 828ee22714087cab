/**
 * What kind of failure a user sees, and with it the exit code of every program.
 * `bug` is the only kind that prints a stack trace.
 */
export type ErrorKind =
  'usage' | 'recipe' | 'verification' | 'network' | 'tool' | 'hardware' | 'busy' | 'bug';

const EXIT_CODES: Record<ErrorKind, number> = {
  usage: 2,
  recipe: 2,
  verification: 3,
  network: 4,
  tool: 5,
  hardware: 6,
  busy: 7,
  bug: 70,
};

/** The parts of a failure. All text is for people; `code` is stable and for programs. */
export interface Failure {
  readonly kind: ErrorKind;
  /** Stable, dotted name, for example `release.signature`. */
  readonly code: string;
  /** One sentence: what went wrong. */
  readonly what: string;
  /** File and line, URL, package or path that the failure is about. */
  readonly where?: string | undefined;
  readonly expected?: string | undefined;
  readonly got?: string | undefined;
  /** The command to type, or the thing to change, next. */
  readonly next?: string | undefined;
  readonly cause?: unknown;
}

/** A failure that we foresaw. Anything else that is thrown is a bug of ours. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly kind: ErrorKind;
  readonly code: string;
  readonly where: string | undefined;
  readonly expected: string | undefined;
  readonly got: string | undefined;
  readonly next: string | undefined;

  constructor(failure: Failure) {
    super(failure.what, failure.cause === undefined ? undefined : { cause: failure.cause });
    this.kind = failure.kind;
    this.code = failure.code;
    this.where = failure.where;
    this.expected = failure.expected;
    this.got = failure.got;
    this.next = failure.next;
  }

  get exitCode(): number {
    return EXIT_CODES[this.kind];
  }
}

/** The exit code for anything thrown: ours by its kind, everything else as a bug (70). */
export function exitCodeOf(error: unknown): number {
  return error instanceof AppError ? error.exitCode : EXIT_CODES.bug;
}

/** The failure as lines of text: what, then each known part on its own line. */
export function describeError(error: unknown): string {
  if (!(error instanceof AppError)) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return `This is a bug in Qubeforge. Please report it with the text below.\n${detail}`;
  }
  const parts: [string, string | undefined][] = [
    ['where', error.where],
    ['expected', error.expected],
    ['got', error.got],
    ['next', error.next],
  ];
  const indent = (text: string): string => text.replaceAll('\n', '\n            ');
  return [
    `error: ${error.message} [${error.code}]`,
    ...parts.flatMap(([name, text]) =>
      text === undefined ? [] : [`  ${`${name}:`.padEnd(10)}${indent(text)}`],
    ),
  ].join('\n');
}

/**
 * What a probe may ask of a machine. Everything is optional on real machines, so every question answers
 * `undefined` when the thing is absent or may not be read; a probe never throws for that.
 */
export interface Source {
  /** The whole of a small file (at most a few MiB). */
  read(path: string): Promise<Uint8Array | undefined>;
  /** `length` bytes at `offset`: for register files such as `/dev/cpu/0/msr`. */
  readAt(path: string, offset: number, length: number): Promise<Uint8Array | undefined>;
  /** Names in a directory, sorted. */
  list(path: string): Promise<readonly string[] | undefined>;
  /** Where a path really leads, all symbolic links resolved. */
  real(path: string): Promise<string | undefined>;
  /** Standard output of a command that ended with 0. */
  run(argv: readonly [string, ...string[]]): Promise<string | undefined>;
  /** Milliseconds since 1970 by the machine's clock. */
  now(): Promise<number>;
}

/** A file as text without trailing white space and NUL bytes, or undefined. */
export async function readText(source: Source, path: string): Promise<string | undefined> {
  const bytes = await source.read(path);
  return bytes === undefined ? undefined : trimText(new TextDecoder().decode(bytes));
}

/** Text as sysfs gives it, without its padding. */
export function trimText(text: string): string {
  return text.replaceAll('\u0000', '').trim();
}

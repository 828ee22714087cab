import { relative } from 'node:path';

const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'EISDIR']);

/** What reading gives; undefined when there is no such file, or one of another type. */
export async function ifThere<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Error && 'code' in error && ABSENT.has(String(error.code))) return undefined;
    throw error;
  }
}

/** Shows paths relative to `cwd` where they lie below it. */
export function shownFrom(cwd: string): (path: string) => string {
  return (path) => {
    const short = relative(cwd, path);
    return short.startsWith('..') ? path : short;
  };
}

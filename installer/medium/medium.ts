import { type Source, readText } from '../probe/source.ts';

/** Where the live system mounts the medium that it started from. */
export const MEDIUM = '/run/qubeforge/medium';

/** When the medium was made, in milliseconds since 1970, by its manifest; undefined off the medium. */
export async function mediumDate(source: Source, medium: string): Promise<number | undefined> {
  const text = await readText(source, `${medium}/manifest.json`);
  const seconds = /"created"\s*:\s*(\d+)/.exec(text ?? '')?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

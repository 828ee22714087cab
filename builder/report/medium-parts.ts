import { formatBytes } from '../../core/bytes.ts';

/** A file on a medium, or what the file system of the medium itself takes. */
export interface MediumPart {
  readonly what: string;
  /** What it adds to the medium, in bytes. */
  readonly size: number;
  /** The file whose bytes are the same, so that they are on the medium once. */
  readonly sameAs?: string;
}

/** Where the bytes of a medium go. The sizes of the parts add up to its own. */
export interface MediumParts {
  readonly file: string;
  readonly size: number;
  /** The largest first. */
  readonly parts: readonly MediumPart[];
}

const STRUCTURE = 'directories, boot catalog, partition tables and padding';

/** The parts of a medium of `size` bytes that holds these files. */
export function mediumParts(
  file: string,
  size: number,
  files: Readonly<Record<string, { readonly sha256: string; readonly size: number }>>,
): MediumParts {
  const first = new Map<string, string>();
  const parts = Object.entries(files)
    .toSorted(([a], [b]) => compare(a, b))
    .map(([path, blob]): MediumPart => {
      const sameAs = first.get(blob.sha256);
      if (sameAs !== undefined) return { what: path, size: 0, sameAs };
      first.set(blob.sha256, path);
      return { what: path, size: blob.size };
    });
  const structure = size - parts.reduce((sum, part) => sum + part.size, 0);
  const all = [...parts, { what: STRUCTURE, size: structure }];
  return { file, size, parts: all.toSorted((a, b) => b.size - a.size || compare(a.what, b.what)) };
}

/** One line a part: bytes, share, what it is. */
export function mediumPartsText({ file, size, parts }: MediumParts): string {
  const width = String(size).length;
  const line = (bytes: number, what: string): string =>
    `  ${String(bytes).padStart(width)} B  ${((100 * bytes) / size).toFixed(1).padStart(5)} %  ${what}`;
  return [
    `${file}: what is on it`,
    ...parts.map(({ what, size: bytes, sameAs }) =>
      line(bytes, sameAs === undefined ? what : `${what} (the bytes of ${sameAs}, stored once)`),
    ),
    line(size, `${file}, ${formatBytes(size)}`),
  ].join('\n');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

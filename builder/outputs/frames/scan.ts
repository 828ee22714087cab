import { closeSync, openSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as breath } from 'node:timers/promises';
import { sha256, type Sha256 } from '../../../core/digest.ts';
import { ImageChunker } from '../../formats/image-chunks.ts';

/** A piece of an image: a chunk by its hash, or zeros. */
export type Piece =
  { readonly kind: 'chunk'; readonly sha256: Sha256 } | { readonly kind: 'zeros'; readonly size: number };

/** A part of a sparse file that is not a hole. */
export interface Segment {
  readonly start: number;
  readonly end: number;
}

/** Reads `START END` lines, in order. */
export function parseSegments(text: string): Segment[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [start = 0, end = 0] = line.split(' ').map(Number);
      return { start, end };
    });
}

const READ_SIZE = 1024 * 1024;

/**
 * Cuts an image into pieces and writes each chunk that `isKnown` does not know, once, into a directory, named by
 * its hash. Lets others run in between.
 */
export async function scanImage(
  path: string,
  size: number,
  segments: readonly Segment[],
  { isKnown, directory }: { readonly isKnown: (chunk: Sha256) => boolean; readonly directory: string },
): Promise<Piece[]> {
  const pieces: Piece[] = [];
  const written = new Set<Sha256>();
  const chunker = new ImageChunker({
    chunk: (bytes) => {
      const digest = sha256(bytes);
      pieces.push({ kind: 'chunk', sha256: digest });
      if (isKnown(digest) || written.has(digest)) return;
      written.add(digest);
      writeFileSync(join(directory, digest), bytes, { flag: 'wx' });
    },
    zeros: (length) => pieces.push({ kind: 'zeros', size: length }),
  });
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(READ_SIZE);
    let at = 0;
    for (const { start, end } of segments) {
      chunker.skip(start - at);
      for (at = start; at < end;) {
        const got = readSync(file, buffer, 0, Math.min(READ_SIZE, end - at), at);
        if (got === 0) throw new Error(`${path} ends at ${String(at)}`);
        chunker.write(buffer.subarray(0, got));
        at += got;
        await breath();
      }
    }
    chunker.skip(size - at);
    chunker.end();
  } finally {
    closeSync(file);
  }
  return pieces;
}

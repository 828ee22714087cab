import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Sha256 } from '../../../core/digest.ts';
import { zeroFrame } from '../../formats/zstd-frames.ts';
import type { Extent } from '../../verify/hash-chain.ts';
import type { Frame } from './frame-index.ts';
import type { Piece } from './scan.ts';

export interface FrameSources {
  /** The file to write. */
  readonly target: string;
  /** A compressed image, and the frames in it. */
  readonly source: string | undefined;
  readonly known: ReadonlyMap<Sha256, Frame>;
  /** A directory with the frames that are not in it, `SHA256.zst` each. */
  readonly made: string;
}

/** A written image: where the frames of chunks are in it, and the hash of what was written. */
export interface JoinedFrames {
  readonly frames: Frame[];
  readonly extent: Extent;
}

/** Writes the frames of all pieces one after another. */
export function joinFrames(
  pieces: readonly Piece[],
  { target, source, known, made }: FrameSources,
): JoinedFrames {
  const frames: Frame[] = [];
  const hash = createHash('sha256');
  const from = source === undefined ? undefined : openSync(source, 'r');
  const to = openSync(target, 'wx');
  let offset = 0;
  try {
    for (const piece of pieces) {
      const former = piece.kind === 'chunk' ? known.get(piece.sha256) : undefined;
      let bytes: Buffer;
      if (piece.kind === 'zeros') bytes = zeroFrame(piece.size);
      else if (former !== undefined && from !== undefined) bytes = readAt(from, former);
      else bytes = readFileSync(join(made, `${piece.sha256}.zst`));
      if (piece.kind === 'chunk') frames.push({ chunk: piece.sha256, offset, size: bytes.length });
      hash.update(bytes);
      for (let done = 0; done < bytes.length;) done += writeSync(to, bytes, done);
      offset += bytes.length;
    }
    return { frames, extent: { size: offset, sha256: hash.digest('hex') as Sha256 } };
  } finally {
    closeSync(to);
    if (from !== undefined) closeSync(from);
  }
}

function readAt(file: number, { offset, size }: Frame): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  for (let done = 0; done < size;) {
    const got = readSync(file, bytes, done, size - done, offset + done);
    if (got === 0) throw new Error('a compressed image is shorter than its index says');
    done += got;
  }
  return bytes;
}

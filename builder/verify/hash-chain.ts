/**
 * One link of the chain of trust: bytes against the size and SHA-256 that the link above vouches for.
 * Size first, as it is free; each failure names the link, what was expected and what was got. Pure.
 */
import { sha256, type Sha256 } from '../../core/digest.ts';
import { AppError } from '../../core/errors.ts';

/** The links below the signature, from the top down. */
export type Link = 'index' | 'file' | 'blob';

/** Size in bytes and SHA-256. */
export interface Extent {
  readonly size: number;
  readonly sha256: Sha256;
}

const NAMES: Record<Link, string> = {
  index: 'the index is not the one that the signed Release file lists',
  file: 'the file is not the one that is locked',
  blob: 'a file in the store is damaged',
};

const NEXT: Record<Link, string> = {
  index: 'run the command again, or name another mirror with --mirror NAME=URL',
  file: 'run the command again, or name another mirror with --mirror NAME=URL',
  blob: 'run the command again: the damaged file has been removed and will be fetched anew',
};

/** Throws `chain.index`, `chain.file` or `store.blob` unless `got` equals `expected`. */
export function checkExtent(link: Link, where: string, expected: Extent, got: Extent): void {
  if (got.size === expected.size && got.sha256 === expected.sha256) return;
  throw chainError(link, where, describe(expected), describe(got));
}

/** Throws as {@link checkExtent} unless `bytes` have this size and hash. */
export function checkBytes(link: Link, where: string, expected: Extent, bytes: Uint8Array): void {
  if (bytes.length !== expected.size) {
    throw chainError(link, where, `${expected.size} bytes`, `${bytes.length} bytes`);
  }
  checkExtent(link, where, expected, { size: bytes.length, sha256: sha256(bytes) });
}

/** The error of one broken link. */
export function chainError(link: Link, where: string, expected: string, got: string): AppError {
  return new AppError({
    kind: 'verification',
    code: link === 'blob' ? 'store.blob' : `chain.${link}`,
    what: NAMES[link],
    where,
    expected,
    got,
    next: NEXT[link],
  });
}

function describe({ size, sha256: hash }: Extent): string {
  return `${size} bytes, SHA-256 ${hash}`;
}

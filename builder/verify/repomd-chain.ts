/**
 * What can be proved of the metadata of an RPM repository. Fedora does not sign `repomd.xml`: a metalink
 * over https vouches for the newest one, and the rest of the metadata hangs on it by digest. Trust does
 * not rest on any of this; each package is verified by its own signature (`rpm/package.ts`). What the
 * metadata decides is which packages are taken, so an older state than the locked one is refused. Pure.
 */
import { createHash } from 'node:crypto';
import { AppError } from '../../core/errors.ts';
import type { Metalink } from '../formats/metalink.ts';
import { readRepomd, type Checksum, type Repomd, type RepomdRecord } from '../formats/repomd.ts';

export interface RepomdOptions {
  /** Where the bytes came from, for messages. */
  readonly where: string;
  /** Vouches for the newest state. */
  readonly metalink?: Metalink | undefined;
  /** Timestamp of the locked state, in seconds since 1970. */
  readonly notBefore?: number | undefined;
}

/**
 * Reads `repomd.xml` after it was compared with the metalink, and refuses an older state than the locked
 * one. Throws AppErrors of kind `verification`: `repomd.metalink`, `repomd.stale`, `repomd.rollback`, and
 * what `readRepomd` throws.
 */
export async function verifyRepomd(bytes: Uint8Array, options: RepomdOptions): Promise<Repomd> {
  const { where, metalink, notBefore } = options;
  if (metalink !== undefined) checkMetalink(bytes, metalink, where);
  const source = (async function* () {
    yield await Promise.resolve(bytes);
  })();
  const repomd = await readRepomd(source, where);
  if (notBefore === undefined || repomd.timestamp >= notBefore) return repomd;
  throw refused('repomd.rollback', 'the repository index is older than the locked one', where, {
    expected: `made at ${dateOf(notBefore)} or later`,
    got: `made at ${dateOf(repomd.timestamp)}`,
  });
}

function checkMetalink(bytes: Uint8Array, metalink: Metalink, where: string): void {
  const matches = ({ size, checksums }: Metalink['file']): boolean =>
    bytes.length === size && checksums.every((checksum) => fits(bytes, checksum));
  if (matches(metalink.file)) return;
  const expected = metalink.file.checksums.map(({ type, value }) => `${type} ${value}`).join('\n');
  const got = metalink.file.checksums.map(({ type }) => `${type} ${digestBy(type, bytes)}`).join('\n');
  if (metalink.alternates.some(matches)) {
    throw refused('repomd.stale', 'the mirror holds an older state of the repository', where, {
      expected,
      got,
    });
  }
  throw refused('repomd.metalink', 'the repository index is not the one that the metalink names', where, {
    expected: `${metalink.file.size} bytes\n${expected}`,
    got: `${bytes.length} bytes\n${got}`,
  });
}

function digestBy(type: Checksum['type'], bytes: Uint8Array): string {
  return createHash(type).update(bytes).digest('hex');
}

function fits(bytes: Uint8Array, { type, value }: Checksum): boolean {
  return digestBy(type, bytes) === value;
}

/**
 * The record to read for `type` (`primary`, `filelists`): the plain form where its packing is one that we
 * unpack, else zchunk. Throws `repomd.record`.
 */
export function chooseRecord(repomd: Repomd, type: string, where: string): RepomdRecord {
  const plain = repomd.records.get(type);
  const chosen =
    plain !== undefined && /\.(xml|gz|xz|zst)$/.test(plain.location)
      ? plain
      : repomd.records.get(`${type}_zck`);
  if (chosen?.checksum.type === 'sha256' && chosen.size !== undefined) return chosen;
  throw refused('repomd.record', `the repository index has no ${type} that can be used`, where, {
    expected: `${type} with size and SHA-256, packed by gzip, xz, zstd or zchunk`,
    got: chosen?.location ?? plain?.location ?? [...repomd.records.keys()].join(', '),
  });
}

function dateOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

function refused(
  code: string,
  what: string,
  where: string,
  detail: { readonly expected: string; readonly got: string },
): AppError {
  const next = 'try another mirror with --mirror NAME=URL';
  return new AppError({ kind: 'verification', code, what, where, ...detail, next });
}

import { malformed } from './malformed.ts';
import { checkLocation } from './repository-location.ts';
import { scanXml } from './xml.ts';

/** A digest with its algorithm, as `sha256:…` is written in two parts. */
export interface Checksum {
  readonly type: 'sha256' | 'sha384' | 'sha512';
  /** Lower-case hexadecimal. */
  readonly value: string;
}

/** One file of a repository's metadata. */
export interface RepomdRecord {
  /** For example `primary`, `filelists`, `primary_zck`, `group`. */
  readonly type: string;
  /** Path below the repository. */
  readonly location: string;
  readonly checksum: Checksum;
  /** Of the unpacked file; undefined where the file is not packed. */
  readonly openChecksum: Checksum | undefined;
  /** Bytes. */
  readonly size: number | undefined;
  readonly openSize: number | undefined;
}

export interface Repomd {
  /** Grows with each publication: seconds since 1970, or a counter. Undefined when it is no number. */
  readonly revision: number | undefined;
  /** The newest timestamp of a record, in seconds since 1970: what a rollback is measured by. */
  readonly timestamp: number;
  readonly records: ReadonlyMap<string, RepomdRecord>;
}

/**
 * Reads `repodata/repomd.xml`, the root of an RPM repository (the format that createrepo_c writes). Digests
 * weaker than SHA-256 are refused, as are locations outside the repository.
 *
 * @throws {AppError} `repomd.*`, `xml.malformed` or `repository.location`
 */
export async function readRepomd(chunks: AsyncIterable<Uint8Array>, where: string): Promise<Repomd> {
  const records = new Map<string, RepomdRecord>();
  let revision: number | undefined;
  let timestamp = 0;
  let current: Draft = {};
  await scanXml(
    chunks,
    {
      open(name, attributes) {
        if (name === 'data') current = { type: attributes['type'] };
        if (name === 'location') {
          if (attributes['xml:base'] !== undefined) checkLocation(attributes['xml:base'], where);
          current.href = attributes['href'];
        }
        if (name === 'checksum') current.checksumType = attributes['type'];
        if (name === 'open-checksum') current.openChecksumType = attributes['type'];
      },
      close(name, text, path) {
        if (name === 'revision' && path.length === 2) revision = numberOf(text);
        if (path.length === 3) current[name] = text;
        if (name !== 'data') return;
        const record = finish(current, where);
        if (records.has(record.type)) throw broken(where, 'one record of a type', `two of ${record.type}`);
        records.set(record.type, record);
        timestamp = Math.max(timestamp, numberOf(current['timestamp']) ?? 0);
      },
    },
    where,
  );
  if (records.size === 0) throw broken(where, 'records of type primary and others', 'none');
  return { revision, timestamp, records };
}

interface Draft extends Record<string, string | undefined> {
  type?: string | undefined;
  href?: string | undefined;
}

function finish(draft: Draft, where: string): RepomdRecord {
  const { type } = draft;
  if (type === undefined || !/^[A-Za-z0-9_-]{1,64}$/.test(type)) {
    throw broken(where, 'a record with a type', type ?? 'none');
  }
  const checksum = parseChecksum(draft['checksumType'], draft['checksum']);
  if (checksum === undefined) {
    throw broken(where, `a SHA-256 or stronger of ${type}`, `${draft['checksumType'] ?? 'no'} checksum`);
  }
  return {
    type,
    location: checkLocation(draft.href, where),
    checksum,
    openChecksum: parseChecksum(draft['openChecksumType'], draft['open-checksum']),
    size: numberOf(draft['size']),
    openSize: numberOf(draft['open-size']),
  };
}

const LENGTHS: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };

/** A digest of SHA-256 or stronger; undefined for anything else. */
export function parseChecksum(type: string | undefined, text: string | undefined): Checksum | undefined {
  const length = Object.hasOwn(LENGTHS, type ?? '') ? LENGTHS[type ?? ''] : undefined;
  if (length === undefined || text?.length !== length || !/^[0-9a-fA-F]+$/.test(text)) return undefined;
  return { type: type as Checksum['type'], value: text.toLowerCase() };
}

function numberOf(text: string | undefined): number | undefined {
  const value = text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  return value;
}

function broken(where: string, expected: string, got: string): Error {
  return malformed('repomd.malformed', 'A repository index (repomd.xml) is broken.', where, {
    expected,
    got,
  });
}

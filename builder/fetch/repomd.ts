import { MIB } from '../../core/bytes.ts';
import { AppError } from '../../core/errors.ts';
import { parseSha256, sha256, type Sha256 } from '../../core/digest.ts';
import { download, downloadBytes } from '../../edge/http.ts';
import { readMetalink, type Metalink } from '../formats/metalink.ts';
import type { Repomd, RepomdRecord } from '../formats/repomd.ts';
import type { Extent } from '../verify/hash-chain.ts';
import { chooseRecord, verifyRepomd } from '../verify/repomd-chain.ts';
import { describeAttempts, firstOf, refusalIn, type Attempt } from './attempts.ts';
import type { FetchState } from './fetcher.ts';
import { locate, mirrorsOf, type Mirrored } from './mirrors.ts';

/** An RPM repository of a recipe. */
export interface RpmRepositorySpec extends Mirrored {
  readonly metalink?: string | undefined;
  /** Primary fingerprints that may sign packages. */
  readonly keys: readonly string[];
}

/** A file of a repository's metadata, in the store. */
export interface FetchedMetadata extends Extent {
  readonly type: string;
  readonly path: string;
  readonly record: RepomdRecord;
}

/** A repository's metadata, with the mirrors of the metalink behind those of the recipe. */
export interface FetchedRepository {
  readonly repository: RpmRepositorySpec;
  readonly repomd: Repomd;
  /** The bytes of `repomd.xml`. */
  readonly evidence: { readonly bytes: Buffer; readonly sha256: Sha256 };
  readonly hasMetalink: boolean;
  readonly metadata: readonly FetchedMetadata[];
}

const REPOMD = 'repodata/repomd.xml';
const MAX_REPOMD = 4 * MIB;
const METADATA = ['primary', 'filelists'];

/**
 * Fetches metalink, `repomd.xml` and the package lists of a repository into the store. A mirror whose
 * index is stale, older than `notBefore` (seconds since 1970) or not the one of the metalink is passed
 * over. Throws the first verification failure when no mirror is good, `fetch.repository` (kind `network`)
 * when none answers.
 */
export async function fetchRepository(
  state: FetchState,
  spec: RpmRepositorySpec,
  notBefore?: number,
): Promise<FetchedRepository> {
  const metalink = await fetchMetalink(state, spec);
  const repository = withMirrors(spec, metalink);
  const found = await firstOf(
    state.offline === true ? [] : mirrorsOf(repository, state.mirrors),
    state.health,
    async (mirror) => {
      const where = locate(mirror.url, REPOMD);
      const bytes = await state.pool.run(() => get(state, where, MAX_REPOMD));
      return { bytes, repomd: await verifyRepomd(bytes, { where, metalink, notBefore }) };
    },
    (mirror) => locate(mirror.url, REPOMD),
  );
  if (Array.isArray(found)) throw noRepository(spec.name, found);
  for (const attempt of found.failed) {
    const message = `passed over a mirror of ${spec.name}: ${describeAttempts([attempt])}`;
    state.sink({ type: 'log', level: 'warning', message });
  }
  const { bytes, repomd } = found.value;
  const metadata = await Promise.all(
    METADATA.map((type) => fetchMetadata(state, repository, chooseRecord(repomd, type, spec.name), type)),
  );
  return {
    repository,
    repomd,
    evidence: { bytes, sha256: sha256(bytes) },
    hasMetalink: metalink !== undefined,
    metadata,
  };
}

/** A mirror that the user names replaces the metalink: it may well hold another state. */
async function fetchMetalink(state: FetchState, spec: RpmRepositorySpec): Promise<Metalink | undefined> {
  const isOverridden = mirrorsOf(spec, state.mirrors).some(({ origin }) => origin === 'chosen');
  if (spec.metalink === undefined || isOverridden || state.offline === true) return undefined;
  const bytes = await get(state, spec.metalink, MAX_REPOMD);
  const source = (async function* () {
    yield await Promise.resolve(bytes);
  })();
  return await readMetalink(source, 'repomd.xml', spec.metalink);
}

function withMirrors(spec: RpmRepositorySpec, metalink: Metalink | undefined): RpmRepositorySpec {
  const suffix = `/${REPOMD}`;
  const found = (metalink?.urls ?? []).filter((url) => url.endsWith(suffix));
  return { ...spec, mirrors: [...spec.mirrors, ...found.map((url) => url.slice(0, -suffix.length))] };
}

async function fetchMetadata(
  state: FetchState,
  repository: RpmRepositorySpec,
  record: RepomdRecord,
  type: string,
): Promise<FetchedMetadata> {
  const digest = parseSha256(record.checksum.value);
  if (digest === undefined || record.size === undefined) throw noRepository(repository.name, []);
  const extent = { size: record.size, sha256: digest };
  const result = { ...extent, type, path: record.location, record };
  if (await state.store.has(extent)) return result;
  const found = await firstOf(
    mirrorsOf(repository, state.mirrors),
    state.health,
    async (mirror) => {
      const url = locate(mirror.url, record.location);
      await using writer = await state.store.createWriter({ ...extent, link: 'index', where: url });
      await state.pool.run(() => download(url, writer, { expectedSize: extent.size, ...common(state) }));
      await writer.commit();
    },
    (mirror) => locate(mirror.url, record.location),
  );
  if (Array.isArray(found)) throw noRepository(repository.name, found);
  return result;
}

function get(state: FetchState, url: string, maxBytes: number): Promise<Buffer> {
  return downloadBytes(url, { maxBytes, ...common(state) });
}

function common(state: FetchState): Partial<Pick<Parameters<typeof downloadBytes>[1], 'signal' | 'retry'>> {
  return {
    ...(state.signal === undefined ? {} : { signal: state.signal }),
    ...(state.retry === undefined ? {} : { retry: state.retry }),
  };
}

function noRepository(name: string, attempts: readonly Attempt[]): AppError {
  const refusal = refusalIn(attempts);
  if (refusal !== undefined) return refusal;
  return new AppError({
    kind: 'network',
    code: 'fetch.repository',
    what: 'no mirror serves the repository',
    where: name,
    expected: `${REPOMD} and the package lists that it names`,
    got: attempts.length === 0 ? 'no mirror to ask' : describeAttempts(attempts),
    next: `qubeforge lock --mirror ${name}=URL`,
  });
}

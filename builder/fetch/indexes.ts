import { AppError } from '../../core/errors.ts';
import { settleAll } from '../../core/settle.ts';
import { download } from '../../edge/http.ts';
import { decompress, type Compression } from '../formats/decompress.ts';
import type { Release, ReleaseFile } from '../formats/release.ts';
import type { ProvenRelease, VerifiedIndex } from '../lock/ports.ts';
import type { Store } from '../store/store.ts';
import { listedFile, plainForm } from '../verify/release-chain.ts';
import { describeAttempts, firstOf } from './attempts.ts';
import type { FetchState } from './fetcher.ts';
import { locate, mirrorsOf, type Mirror } from './mirrors.ts';

/** A verified Release, with its mirror when it was fetched just now. */
export type IndexedRelease = ProvenRelease & { readonly mirror?: Mirror };

/** No index of Debian is a tenth as large. */
const MAX_PLAIN = 2 * 1024 ** 3;
const VARIANTS: readonly (readonly [string, Compression])[] = [
  ['.xz', 'xz'],
  ['.gz', 'gz'],
  ['', 'none'],
];

/** What a Release says about one index: the best variant that we read. Throws `chain.unlisted`. */
export function chooseVariant(release: Release, path: string, where: string): ReleaseFile & { path: string } {
  for (const [suffix] of VARIANTS) {
    const entry = release.files.get(path + suffix);
    if (entry !== undefined) return { ...entry, path: path + suffix };
  }
  return { ...listedFile(release, `${path}.xz`, where), path };
}

/**
 * Fetches the Packages indexes of each component and architecture (and Sources when asked) into the
 * store: by-hash first where offered, then by name. Throws `chain.index`, `chain.unlisted`, or
 * `fetch.index` (kind `network`).
 */
export async function fetchIndexes(
  state: FetchState,
  release: IndexedRelease,
  architectures: readonly string[],
  options: { readonly sources?: boolean } = {},
): Promise<VerifiedIndex[]> {
  const wanted = release.repository.components.flatMap((component) => [
    ...architectures.map((name) => describe(release, 'packages', component, name)),
    ...(options.sources === true ? [describe(release, 'sources', component, 'source')] : []),
  ]);
  await settleAll(wanted.map((index) => fetchIndex(state, release, index)));
  return wanted;
}

/**
 * The decompressed bytes of an index. Where the Release lists them too they are kept in the store under
 * that hash, so that a second reader has them at once; else they are decompressed each time.
 */
export async function openIndex(store: Store, index: VerifiedIndex): Promise<Buffer> {
  const { plain, path } = index;
  const kind = VARIANTS.find(([suffix]) => suffix !== '' && path.endsWith(suffix))?.[1] ?? 'none';
  if (kind === 'none') return store.read(index, path);
  const unpack = (): AsyncGenerator<Uint8Array> =>
    decompress(kind, store.stream(index, path), { maxBytes: plain?.size ?? MAX_PLAIN, where: path });
  if (plain === undefined) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of unpack()) chunks.push(chunk);
    return Buffer.concat(chunks);
  }
  if (!(await store.has(plain))) {
    await store.putStream(unpack(), { ...plain, where: `${path}, decompressed`, link: 'index' });
  }
  return store.read(plain, path);
}

/**
 * The decompressed bytes of an index for a proof: hashed and decompressed here and now, without what earlier
 * runs remembered. Throws as `openIndex`.
 */
export async function openIndexAnew(store: Store, index: VerifiedIndex): Promise<Buffer> {
  const kind = VARIANTS.find(([suffix]) => suffix !== '' && index.path.endsWith(suffix))?.[1] ?? 'none';
  const options = { maxBytes: index.plain?.size ?? MAX_PLAIN, where: index.path };
  const pieces: Uint8Array[] = [];
  for await (const piece of decompress(kind, store.stream(index, index.path), options)) pieces.push(piece);
  return Buffer.concat(pieces);
}

function describe(
  release: IndexedRelease,
  kind: VerifiedIndex['kind'],
  component: string,
  architecture: string,
): VerifiedIndex {
  const name =
    kind === 'packages' ? `${component}/binary-${architecture}/Packages` : `${component}/source/Sources`;
  const where = `${release.repository.name} ${release.suite}`;
  const variant = chooseVariant(release.release, name, where);
  const plain = plainForm(release.release, name);
  return {
    kind,
    repository: release.repository.name,
    suite: release.suite,
    component,
    architecture,
    ...variant,
    ...(plain === undefined ? {} : { plain }),
  };
}

async function fetchIndex(state: FetchState, release: IndexedRelease, index: VerifiedIndex): Promise<void> {
  if (await state.store.has(index)) return;
  const base = `dists/${release.suite}`;
  const byHash = `${base}/${index.path.replace(/[^/]+$/, '')}by-hash/SHA256/${index.sha256}`;
  const named = `${base}/${index.path}`;
  const paths = release.release.acquireByHash ? [byHash, named] : [named];
  // The mirror of the Release first: it is the one that surely has the same state.
  const others = mirrorsOf(release.repository, state.mirrors, release.release.date);
  const first = release.mirror;
  const mirrors =
    first === undefined ? others : [first, ...others.filter((mirror) => mirror.url !== first.url)];
  const found = await firstOf(
    state.offline === true ? [] : mirrors,
    state.health,
    (mirror) => state.pool.run(() => downloadIndex(state, mirror, paths, index)),
    (mirror) => locate(mirror.url, named),
  );
  if (!Array.isArray(found)) return;
  const refused = found.find(({ error }) => error.kind === 'verification');
  if (refused !== undefined) throw refused.error;
  throw new AppError({
    kind: 'network',
    code: 'fetch.index',
    what: 'no mirror serves an index that the signed Release file lists',
    where: `${index.repository} ${index.suite} ${index.path}`,
    expected: `a file of ${index.size} bytes with SHA-256 ${index.sha256}`,
    got: state.offline === true ? 'no network, as --offline asks' : describeAttempts(found),
    next: 'run the command again in some minutes: a mirror may be in the middle of an update',
  });
}

async function downloadIndex(
  state: FetchState,
  mirror: Mirror,
  paths: readonly string[],
  index: VerifiedIndex,
): Promise<void> {
  for (const [at, path] of paths.entries()) {
    const url = locate(mirror.url, path);
    try {
      await using writer = await state.store.createWriter({ ...index, where: url, link: 'index' });
      await download(url, writer, {
        expectedSize: index.size,
        ...(state.signal === undefined ? {} : { signal: state.signal }),
        ...(state.retry === undefined ? {} : { retry: state.retry }),
      });
      await writer.commit();
      return;
    } catch (error) {
      const last = at === paths.length - 1;
      if (last || !(error instanceof AppError) || error.code !== 'http.not-found') throw error;
    }
  }
}

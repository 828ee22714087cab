import { sha256 } from '../../core/digest.ts';
import { AppError } from '../../core/errors.ts';
import { GIB, MIB } from '../../core/bytes.ts';
import { download, downloadBytes } from '../../edge/http.ts';
import { parseCommit } from '../formats/git/objects.ts';
import { treeAsTar } from '../formats/git/tree-tar.ts';
import type { Evidence } from '../lock/ports.ts';
import type { GitSpec, LockedUpstream, TarballSpec, UpstreamSpec } from '../lock/upstream-schema.ts';
import type { BlobWriter } from '../store/blob-writer.ts';
import { verifyGitSource } from '../verify/git-source.ts';
import { verifyDetachedStream, type VerifyOptions } from '../verify/openpgp.ts';
import { checkTopDirectory } from '../verify/tarball.ts';
import { describeAttempts, firstOf, refusalIn, type Attempt } from './attempts.ts';
import type { FetchState } from './fetcher.ts';
import { fetchTag } from './git.ts';
import { locate, mirrorsOf, type Mirror, type Mirrored } from './mirrors.ts';

/** The name of upstream for `--mirror NAME=URL`. */
export const UPSTREAM = 'upstream';

const MAX_TARBALL = 4 * GIB;
const MAX_SIGNATURE = MIB;

/** A source in the store, verified now, as a lock names it, with what proves it. */
export interface FetchedUpstream {
  readonly locked: LockedUpstream;
  readonly evidence: readonly Evidence[];
}

/** Where a source comes from, as a repository with one file. */
export function upstreamOrigin(spec: UpstreamSpec): Mirrored & { readonly path: string } {
  if ('git' in spec) return { name: UPSTREAM, mirrors: [spec.git], path: `refs/tags/${spec.tag}` };
  return { name: UPSTREAM, mirrors: [directoryOf(spec.tarball)], path: fileOf(spec.tarball) };
}

/**
 * Fetches and verifies a source that upstream signed; keys are judged now. A mirror that serves what does not hold is
 * passed over. Throws the verification failure when none is good, `fetch.upstream` (kind `network`) when none answers.
 */
export async function fetchUpstream(state: FetchState, spec: UpstreamSpec): Promise<FetchedUpstream> {
  const origin = upstreamOrigin(spec);
  const keyring = (await state.keyring()).select(spec.keys, 'source of the recipe');
  const found = await firstOf(
    state.offline === true ? [] : mirrorsOf(origin, state.mirrors),
    state.health,
    (mirror) => {
      const options = { keyring, now: new Date(state.clock()), keysValid: 'now' } as const;
      const where = 'git' in spec ? `${mirror.url} ${spec.tag}` : locate(mirror.url, origin.path);
      return state.pool.run(() =>
        'git' in spec
          ? fetchGit(state, spec, mirror, { ...options, where })
          : fetchTarball(state, spec, mirror, { ...options, where }),
      );
    },
    (mirror) => ('git' in spec ? mirror.url : locate(mirror.url, origin.path)),
  );
  if (Array.isArray(found)) throw notServed(origin, found, state.offline === true);
  return found.value;
}

async function fetchTarball(
  state: FetchState,
  spec: TarballSpec,
  mirror: Mirror,
  options: VerifyOptions,
): Promise<FetchedUpstream> {
  const file = fileOf(spec.tarball);
  const common = {
    ...(state.signal === undefined ? {} : { signal: state.signal }),
    ...(state.retry === undefined ? {} : { retry: state.retry }),
  };
  const beside = locate(mirror.url, fileOf(spec.signature));
  const bytes = await downloadBytes(mirror.origin === 'recipe' ? spec.signature : beside, {
    maxBytes: MAX_SIGNATURE,
    ...common,
  });
  await using writer = await state.store.createWriter({ where: options.where });
  await download(options.where, writer, { maxBytes: MAX_TARBALL, ...common });
  const extent = await writer.commit();
  const read = (): AsyncIterable<Uint8Array> => state.store.stream(extent, options.where);
  const { signer, signingKey, signedAt } = await verifyDetachedStream(read(), bytes, options);
  const name = stemOf(file);
  await checkTopDirectory(read(), name, options.where);
  const signature: Evidence = { name: 'tarball.sig', sha256: sha256(bytes), bytes };
  return {
    locked: {
      ...{ kind: 'tarball', name, url: spec.tarball, ...extent },
      ...{ signer, signingKey, date: signedAt.toISOString(), signature: signature.sha256 },
    },
    evidence: [signature],
  };
}

async function fetchGit(
  state: FetchState,
  spec: GitSpec,
  mirror: Mirror,
  options: VerifyOptions,
): Promise<FetchedUpstream> {
  const { id, hash, objects } = await fetchTag(state, mirror.url, spec.tag);
  const bytes = objects.read(id, 'tag');
  const source = await verifyGitSource(
    bytes,
    (commit) => objects.read(commit, 'commit'),
    { name: spec.tag },
    options,
  );
  const { tree, committed, commit, signer, signingKey, signedAt } = source;
  await using writer = await state.store.createWriter({ where: options.where });
  for (const piece of treeAsTar(objects, tree, { hash, mtime: committed, where: options.where })) {
    await writer.write(piece);
  }
  const extent = await writer.commit();
  const commitBytes = objects.read(commit, 'commit');
  const evidence = { tag: sha256(bytes), commit: sha256(commitBytes) };
  return {
    locked: {
      ...{ kind: 'git', name: spec.tag, url: spec.git, ...extent },
      ...{ signer, signingKey, date: signedAt.toISOString(), tag: source.id, commit, tree, evidence },
    },
    evidence: [
      { name: 'git-tag', sha256: evidence.tag, bytes },
      { name: 'git-commit', sha256: evidence.commit, bytes: commitBytes },
    ],
  };
}

/** Writes the files of a locked tag as the tar that the lock names. Throws `git.moved` for a tag that is another now. */
export async function writeTag(
  state: FetchState,
  url: string,
  { tag, name }: { readonly tag: string; readonly name: string },
  writer: BlobWriter,
): Promise<void> {
  const { id, hash, objects } = await fetchTag(state, url, name);
  if (id !== tag) throw moved(url, name, tag, id);
  const commit = /^object ([0-9a-f]+)\n/.exec(objects.read(id, 'tag').toString('latin1'))?.[1] ?? '';
  const { tree, committed } = parseCommit(objects.read(commit, 'commit'), url);
  for (const piece of treeAsTar(objects, tree, { hash, mtime: committed, where: url })) {
    await writer.write(piece);
  }
}

function fileOf(url: string): string {
  return decodeURIComponent(url.slice(url.lastIndexOf('/') + 1));
}

function directoryOf(url: string): string {
  return url.slice(0, url.lastIndexOf('/'));
}

/** `xen-4.20.0` for `xen-4.20.0.tar.gz`. */
function stemOf(file: string): string {
  return file.replace(/\.tar(\.[a-z]+)?$|\.tgz$/, '');
}

function moved(url: string, tag: string, expected: string, got: string): AppError {
  return new AppError({
    kind: 'verification',
    code: 'git.moved',
    what: 'the tag is another one than the lock names',
    where: `${url} ${tag}`,
    expected: `tag object ${expected}`,
    got: `tag object ${got}`,
    next: 'find out from upstream why a released tag was moved, before you lock it again',
  });
}

function notServed(
  origin: Mirrored & { path: string },
  attempts: readonly Attempt[],
  offline: boolean,
): AppError {
  const [only] = attempts;
  const refusal =
    attempts.length === 1 && only?.error.kind === 'verification' ? only.error : refusalIn(attempts);
  if (refusal !== undefined) return refusal;
  return new AppError({
    kind: 'network',
    code: 'fetch.upstream',
    what: 'the source is not served',
    where: origin.path,
    expected: 'the source and its signature',
    got: offline ? 'no network, as --offline asks' : describeAttempts(attempts),
    next: `name another place that has it: --mirror ${UPSTREAM}=URL`,
  });
}

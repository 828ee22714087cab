import type { Sha256 } from '../../../core/digest.ts';
import { AppError } from '../../../core/errors.ts';
import { upstreamOrigin } from '../../fetch/upstream.ts';
import type { WantedFile } from '../../fetch/files.ts';
import { hashOfId } from '../../formats/git/objects.ts';
import { treeIdOfTar } from '../../formats/git/tree-tar.ts';
import type { EvidenceName } from '../../lock/ports.ts';
import type { Lock } from '../../lock/schema.ts';
import type { LockedUpstream, UpstreamSpec } from '../../lock/upstream-schema.ts';
import { upstreamOf } from '../../recipe/source.ts';
import { verifyGitSource } from '../../verify/git-source.ts';
import { verifyDetachedStream, type Verified, type VerifyOptions } from '../../verify/openpgp.ts';
import { checkTopDirectory } from '../../verify/tarball.ts';
import type { Locked } from './family.ts';
import { evidenceOf } from './locks.ts';
import { brokenBy, describeSigners, fetchOrWarn, type Broken, type LockProof } from './prove.ts';
import type { Session } from './session.ts';

/** Fetches and verifies a source that upstream signed, and locks it. */
export async function lockUpstream(
  session: Session,
  { recipe, digest }: Pick<Locked<'debian'>['loaded'], 'recipe' | 'digest'>,
  spec: UpstreamSpec,
): Promise<{ readonly lock: Lock; readonly warnings: readonly string[] }> {
  const { locked, evidence } = await (await session.fetcher()).fetchUpstream(spec);
  for (const one of evidence) await evidenceOf(session).put(one);
  const lock: Lock = {
    version: 1,
    family: 'debian',
    recipe: { name: recipe.name, digest },
    architecture: recipe.architecture,
    ...{ releases: [], packages: [], sources: [], upstream: locked },
  };
  return { lock, warnings: [] };
}

/** The file that a lock takes from upstream. */
export function upstreamFile(
  recipe: Locked<'debian'>['loaded']['recipe'],
  locked: LockedUpstream,
): WantedFile {
  const source = upstreamOf(recipe);
  if (source === undefined) throw otherSource(recipe.name);
  const { path, ...repository } = upstreamOrigin(source);
  const { name, size, sha256 } = locked;
  const tag = locked.kind === 'git' ? { tag: { tag: locked.tag, name } } : {};
  return { path, size, sha256, what: `${name} (source)`, repository, ...tag };
}

/**
 * Proves a source again: the signature, over the bytes in the store; for a tag also its commit, and that the files in
 * the store make the tree that the commit names.
 */
export async function proveUpstream(
  session: Session,
  { loaded: { recipe } }: Locked<'debian'>,
  locked: LockedUpstream,
  offline: boolean,
): Promise<LockProof> {
  const file = upstreamFile(recipe, locked);
  if (!offline) await fetchOrWarn(session, [file]);
  const broken: Broken[] = [];
  const isHere = session.store.holds(locked);
  let isGood = false;
  try {
    const keys = upstreamOf(recipe)?.keys ?? [];
    const options: VerifyOptions = {
      keyring: (await session.keyring()).select(keys, recipe.name),
      where: file.what,
      now: new Date(session.context.clock()),
      keysValid: 'when-signed',
    };
    broken.push(...differences(locked, await proveSource(session, locked, options), file.what));
    isGood = broken.length === 0;
  } catch (error) {
    broken.push(brokenBy('source', file.what, error));
  }
  const none = [0, 0] as const;
  return {
    ...{ recipe: recipe.name, signed: 'source', releases: none, indexes: none, packages: none },
    sources: [isGood ? 1 : 0, 1],
    stored: [isHere && isGood ? 1 : 0, 1],
    signers: describeSigners(await session.keyring(), [locked.signer]),
    broken,
  };
}

async function proveSource(
  session: Session,
  locked: LockedUpstream,
  options: VerifyOptions,
): Promise<Verified> {
  const { where } = options;
  const read = (): AsyncIterable<Uint8Array> => session.store.stream(locked, where);
  const evidence = async (name: EvidenceName, digest: Sha256): Promise<Buffer> => {
    const bytes = await evidenceOf(session).get(name, digest);
    if (bytes === undefined) throw noEvidence(where, digest, name);
    return bytes;
  };
  if (locked.kind === 'tarball') {
    const verified = await verifyDetachedStream(
      read(),
      await evidence('tarball.sig', locked.signature),
      options,
    );
    await checkTopDirectory(read(), locked.name, where);
    return verified;
  }
  const commit = await evidence('git-commit', locked.evidence.commit);
  const tag = await evidence('git-tag', locked.evidence.tag);
  const source = await verifyGitSource(tag, () => commit, { name: locked.name }, options);
  const tree = await treeIdOfTar(read(), hashOfId(source.tree), where);
  for (const [what, expected, got] of [
    ['tag', locked.tag, source.id],
    ['commit', locked.commit, source.commit],
    ['tree that the commit names', locked.tree, source.tree],
    ['tree of the files', source.tree, tree],
  ] as const) {
    if (expected !== got) throw otherObject(where, what, expected, got);
  }
  return source;
}

function differences(locked: LockedUpstream, got: Verified, where: string): Broken[] {
  const parts = [
    ['signer', locked.signer, got.signer],
    ['signing key', locked.signingKey, got.signingKey],
    ['date', locked.date, got.signedAt.toISOString()],
  ] as const;
  return parts.flatMap(([part, expected, found]): Broken[] =>
    expected === found
      ? []
      : [
          {
            link: 'signature',
            where: `${where}: ${part}`,
            expected,
            got: found,
            code: 'lock.link.signature',
          },
        ],
  );
}

function noEvidence(where: string, digest: Sha256, name: string): AppError {
  return new AppError({
    kind: 'verification',
    code: 'lock.link.evidence',
    what: 'what proves the source is not beside the lock',
    where,
    expected: `recipes/locks/evidence/${digest}.${name}`,
    got: 'no such file',
  });
}

function otherObject(where: string, what: string, expected: string, got: string): AppError {
  return new AppError({
    kind: 'verification',
    code: 'lock.link.source',
    what: `the lock and the ${what} differ`,
    where: `${where}: ${what}`,
    expected,
    got,
  });
}

function otherSource(recipe: string): AppError {
  return new AppError({
    kind: 'verification',
    code: 'lock.source',
    what: 'the lock takes a source from upstream, which the recipe does not',
    where: recipe,
    next: `qubeforge lock ${recipe} --update`,
  });
}

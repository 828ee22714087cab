import { AppError } from '../../../core/errors.ts';
import type { Fingerprint } from '../../verify/fingerprint.ts';
import { openIndexAnew } from '../../fetch/indexes.ts';
import { proofError, proveLock } from '../../lock/prove.ts';
import type { Lock, LockedIndex, LockedPackage } from '../../lock/schema.ts';
import { infoPackage } from '../../report/origin.ts';
import { evidenceOf, lockPlace } from './locks.ts';
import type { Locked } from './family.ts';
import { fetchIndexes } from './prove.ts';
import type { Session } from './session.ts';

/** The links from a package up to the key that vouches for it, each of which was proved just now. */
export interface PackageChain {
  readonly locked: LockedPackage;
  readonly index: LockedIndex;
  readonly release: {
    readonly name: string;
    readonly date: string;
    readonly evidence: readonly string[];
    readonly signer: Fingerprint;
    readonly signingKey: Fingerprint;
  };
  readonly key: { readonly owner: string; readonly file: string };
}

/**
 * Proves the chain of one package of a lock: package → Packages → Release → signature → key. Throws
 * `lock.proof` (kind `verification`) for a link that does not hold, `trace.not-locked` for a package that the
 * lock does not have.
 */
export async function chainOf(
  session: Session,
  locked: Locked<'debian'>,
  name: string,
): Promise<PackageChain> {
  const { recipe } = locked.loaded;
  const only = narrow(locked.lock, infoPackage(name)) ?? notLocked(recipe.name, name);
  const part = { loaded: locked.loaded, lock: only };
  const [pkg] = only.packages;
  const [release] = only.releases;
  const [index] = release?.indexes ?? [];
  if (pkg === undefined || release === undefined || index === undefined) return notLocked(recipe.name, name);
  await fetchIndexes(session, part);
  const keyring = await session.keyring();
  const proof = await proveLock(only, {
    keyring,
    allowedKeys: (repository) => recipe.repositories.find((one) => one.name === repository)?.keys ?? [],
    evidence: evidenceOf(session),
    openIndex: (one) => openIndexAnew(session.store, one),
    now: new Date(session.context.clock()),
  });
  if (proof.broken.length > 0) throw proofError(proof, lockPlace(session, recipe.name));
  const key = keyring.keys.find(({ fingerprint }) => fingerprint === release.signer);
  const { repository, suite, date, signer, signingKey, evidence } = release;
  return {
    locked: pkg,
    index,
    release: { name: `${repository} ${suite}`, date, evidence: Object.values(evidence), signer, signingKey },
    key: { owner: key?.owner ?? 'unknown', file: key?.file ?? 'unknown' },
  };
}

/** A lock of one package: with the index that lists it and the Release that lists that. */
function narrow(lock: Lock, name: string): Lock | undefined {
  const pkg = lock.packages.find((one) => one.name === name);
  if (pkg === undefined) return undefined;
  const releases = lock.releases
    .filter(({ repository, suite }) => repository === pkg.repository && suite === pkg.suite)
    .map((release) => ({
      ...release,
      indexes: release.indexes.filter(
        ({ kind, component }) => kind === 'packages' && component === pkg.component,
      ),
    }));
  return { ...lock, packages: [pkg], releases, sources: [] };
}

/** The chain as lines, from the .deb up. */
export function chainText({ locked, index, release, key }: PackageChain): string[] {
  return [
    `  .deb       ${locked.path}`,
    `             ${locked.size} bytes, SHA-256 ${locked.sha256}`,
    `  listed in  ${release.name} ${index.path}`,
    `             ${index.size} bytes, SHA-256 ${index.sha256}`,
    `  listed in  the Release file of ${release.name} of ${release.date}`,
    ...release.evidence.map((digest) => `             SHA-256 ${digest}`),
    `  signed by  ${release.signingKey}`,
    `  key        ${release.signer}  ${key.owner}`,
    `             pinned in keys/${key.file}`,
  ];
}

function notLocked(recipe: string, name: string): never {
  throw new AppError({
    kind: 'verification',
    code: 'trace.not-locked',
    what: 'the image has a package that its lock does not name',
    where: recipe,
    expected: 'a package of the lock',
    got: name,
    next: `qubeforge verify ${recipe}`,
  });
}

import { AppError } from '../../../core/errors.ts';
import { mapLimit } from '../../../core/parallel.ts';
import { openIndexAnew } from '../../fetch/indexes.ts';
import type { WantedFile } from '../../fetch/files.ts';
import { proveLock, type BrokenLink } from '../../lock/prove.ts';
import type { Lock } from '../../lock/schema.ts';
import type { Keyring } from '../../verify/keyring.ts';
import { evidenceOf } from './locks.ts';
import { debian } from './debian.ts';
import type { Locked } from './family.ts';
import type { Session } from './session.ts';

/** A link of a chain of trust that does not hold, or is not there. */
export interface Broken extends Omit<BrokenLink, 'link'> {
  readonly link: BrokenLink['link'] | 'lock' | 'recipe' | 'store' | 'manifest' | 'image';
}

/** How far the chain of one lock holds. */
export interface LockProof {
  readonly recipe: string;
  /** What carries the signatures: indexes that list the packages, each package itself, or upstream's source. */
  readonly signed: 'indexes' | 'packages' | 'source';
  /** How many hold, of how many. */
  readonly releases: readonly [number, number];
  readonly indexes: readonly [number, number];
  readonly packages: readonly [number, number];
  readonly sources: readonly [number, number];
  /** Packages (or sources) in the store whose bytes are the locked ones, of how many. */
  readonly stored: readonly [number, number];
  /** Primary fingerprints and owners of the keys that vouch for it. */
  readonly signers: readonly string[];
  readonly broken: readonly Broken[];
}

/** Proves a lock from its evidence and the store; fetches indexes that are missing unless offline. */
export async function proveDebian(
  session: Session,
  locked: Locked<'debian'>,
  offline: boolean,
): Promise<LockProof> {
  const { loaded, lock } = locked;
  const { recipe } = loaded;
  const keyring = await session.keyring();
  if (!offline) await fetchIndexes(session, locked);
  const proof = await proveLock(lock, {
    keyring,
    allowedKeys: (name) => recipe.repositories.find((repository) => repository.name === name)?.keys ?? [],
    evidence: evidenceOf(session),
    openIndex: (index) => openIndexAnew(session.store, index),
    now: new Date(session.context.clock()),
  });
  const store = await proveStored(session, debian.wantedFiles(locked));
  const signers = describeSigners(
    keyring,
    lock.releases.map(({ signer }) => signer),
  );
  return {
    recipe: recipe.name,
    signed: 'indexes',
    releases: [proof.releases, lock.releases.length],
    indexes: [proof.indexes, indexesOf(lock).length],
    packages: [proof.packages, lock.packages.length],
    sources: [proof.sources, lock.sources.length],
    stored: [store.good, lock.packages.length],
    signers,
    broken: [...proof.broken, ...store.broken],
  };
}

/** Fingerprints and owners of the keys that vouch for something, each once. */
export function describeSigners(keyring: Keyring, fingerprints: readonly string[]): string[] {
  return [...new Set(fingerprints)].map((fingerprint) => {
    const owner = keyring.keys.find((key) => key.fingerprint === fingerprint)?.owner;
    return `${fingerprint}  ${owner ?? 'not pinned'}`;
  });
}

function indexesOf(lock: Lock): Lock['releases'][number]['indexes'] {
  return lock.releases.flatMap(({ indexes }) => indexes);
}

/** Brings the indexes of a lock into the store. What no mirror has stays missing, and the proof will say so. */
export async function fetchIndexes(session: Session, { loaded, lock }: Locked<'debian'>): Promise<void> {
  const wanted = lock.releases.flatMap(({ repository: name, suite, date, indexes }): WantedFile[] => {
    const repository = loaded.recipe.repositories.find((one) => one.name === name);
    if (repository === undefined) return [];
    return indexes.map(({ path, size, sha256 }) => ({
      path: `dists/${suite}/${path.replace(/[^/]+$/, '')}by-hash/SHA256/${sha256}`,
      size,
      sha256,
      what: `${name} ${suite} ${path}`,
      repository,
      date: new Date(date),
    }));
  });
  await fetchOrWarn(session, wanted);
}

/** Brings files into the store; those that nobody serves are warned about, and a proof will miss them. */
export async function fetchOrWarn(session: Session, wanted: readonly WantedFile[]): Promise<void> {
  try {
    await (await session.fetcher()).fetchFiles(wanted);
  } catch (error) {
    if (!(error instanceof AppError) || error.kind !== 'network') throw error;
    session.context.sink({ type: 'log', level: 'warning', message: `${error.message}\n${error.got ?? ''}` });
  }
}

/** Hashes what is in the store. What is not there is no broken link: a build fetches and checks it. */
export async function proveStored(
  { store, jobs }: Session,
  files: readonly WantedFile[],
): Promise<{ readonly good: number; readonly broken: readonly Broken[] }> {
  const broken: Broken[] = [];
  let good = 0;
  await mapLimit(files, jobs, async (file) => {
    if (!store.holds(file)) return;
    try {
      await store.verified(file, file.what);
      good += 1;
    } catch (error) {
      broken.push(brokenBy('store', file.what, error));
    }
  });
  return { good, broken };
}

/** An error of ours as a broken link; others pass through. */
export function brokenBy(link: Broken['link'], where: string, error: unknown): Broken {
  if (!(error instanceof AppError)) throw error;
  const { code, message, expected, got } = error;
  return {
    link,
    where: error.where ?? where,
    expected: expected ?? 'an unbroken link',
    got: got ?? message,
    code,
  };
}

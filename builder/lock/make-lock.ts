/**
 * Makes a lock: signed indexes, a resolver's choice, and for each choice what the index says about it.
 * Nothing of the resolver's word is believed but names: sizes, hashes and paths come from the indexes.
 *
 * ```ts
 * const { lock, warnings } = await makeLock({ recipe, previous, source: fetcher, resolver, archive, … });
 * ```
 */
import { AppError } from '../../core/errors.ts';
import { settleAll } from '../../core/settle.ts';
import { packagesIn, type BinaryPackage } from '../formats/packages-index.ts';
import type {
  EvidenceArchive,
  IndexSource,
  LockableRecipe,
  PackageName,
  ProvenRelease,
  Resolver,
  SourceProbe,
  VerifiedIndex,
  WantedSource,
} from './ports.ts';
import type { Lock, LockedPackage, LockedRelease } from './schema.ts';
import { findSources, lockSource, newestCompleteSource } from './sources.ts';

export interface LockRequest {
  readonly recipe: LockableRecipe;
  /** The lock that this one replaces: no Release may be older than its. */
  readonly previous?: Lock | undefined;
  readonly source: IndexSource;
  readonly resolver: Resolver;
  readonly archive: EvidenceArchive;
  readonly sources?: { readonly wanted: readonly WantedSource[]; readonly probe: SourceProbe };
}

export interface MadeLock {
  readonly lock: Lock;
  /** For people: sources that had to be locked at an older version. */
  readonly warnings: readonly string[];
}

/**
 * Fetches the recipe's indexes, resolves, locks, and archives the signed Release files. Throws what
 * the ports throw, and `lock.unlisted` (kind `verification`) when a chosen package is in no index.
 */
export async function makeLock(request: LockRequest): Promise<MadeLock> {
  const { recipe, source } = request;
  const wantedSources = request.sources?.wanted ?? [];
  const proven = await fetchAll(request, wantedSources.length > 0);
  const indexes = proven.flatMap(({ indexes: of }) => of);
  const packageIndexes = indexes.filter(({ kind }) => kind === 'packages');
  const open = (index: VerifiedIndex): Promise<Buffer> => source.openIndex(index);
  const { sources, warnings } = await lockSources(request, indexes, open);
  const releases = proven.map(({ release }) => release);
  const chosen = await request.resolver({ recipe, indexes: packageIndexes, releases, open, sources });
  const packages = await lockPackages(chosen, packageIndexes, open);
  for (const { release } of proven) {
    await request.archive.put(release.evidence);
    if (release.signature !== undefined) await request.archive.put(release.signature);
  }
  return {
    lock: {
      version: 1,
      family: 'debian',
      recipe: { name: recipe.name, digest: recipe.digest },
      architecture: recipe.architecture,
      releases: proven.map(lockRelease),
      packages,
      sources,
    },
    warnings,
  };
}

interface ReleaseWithIndexes {
  readonly release: ProvenRelease;
  readonly indexes: readonly VerifiedIndex[];
}

function fetchAll(request: LockRequest, sources: boolean): Promise<ReleaseWithIndexes[]> {
  const { recipe, previous, source } = request;
  const suites = recipe.repositories.flatMap((repository) =>
    repository.suites.map((suite) => ({ repository, suite })),
  );
  return settleAll(
    suites.map(async ({ repository, suite }) => {
      const locked = previous?.releases.find(
        (release) => release.repository === repository.name && release.suite === suite,
      );
      const notBefore = locked === undefined ? undefined : new Date(locked.date);
      const release = await source.fetchRelease(repository, suite, { notBefore });
      return { release, indexes: await source.fetchIndexes(release, [recipe.architecture], { sources }) };
    }),
  );
}

function lockRelease({ release, indexes }: ReleaseWithIndexes): LockedRelease {
  const { codename, date, validUntil } = release.release;
  return {
    repository: release.repository.name,
    suite: release.suite,
    codename,
    date: date.toISOString(),
    ...(validUntil === undefined ? {} : { validUntil: validUntil.toISOString() }),
    signer: release.signer,
    signingKey: release.signingKey,
    evidence:
      release.signature === undefined
        ? { inRelease: release.evidence.sha256 }
        : { release: release.evidence.sha256, signature: release.signature.sha256 },
    indexes: indexes.map(({ kind, component, architecture, path, size, sha256 }) => ({
      kind,
      component,
      architecture,
      path,
      size,
      sha256,
    })),
  };
}

/** The index entries of the chosen packages, in their order; of equal ones the first index counts. */
async function lockPackages(
  chosen: readonly PackageName[],
  indexes: readonly VerifiedIndex[],
  open: (index: VerifiedIndex) => Promise<Buffer>,
): Promise<LockedPackage[]> {
  const found = new Map<string, LockedPackage | undefined>(chosen.map((name) => [keyOf(name), undefined]));
  for (const index of indexes) {
    for (const entry of packagesIn(await open(index), index.path)) {
      const key = keyOf(entry);
      if (found.has(key) && found.get(key) === undefined) found.set(key, lockPackage(entry, index));
    }
  }
  return [...found].map(([key, entry]) => {
    if (entry !== undefined) return entry;
    throw new AppError({
      kind: 'verification',
      code: 'lock.unlisted',
      what: 'the resolver chose a package that no signed index lists',
      where: key,
      expected: `one of the packages of ${indexes.map((index) => index.path).join(', ')}`,
      got: key,
    });
  });
}

function lockPackage(entry: BinaryPackage, index: VerifiedIndex): LockedPackage {
  const { name, version, architecture, size, sha256, filename: path } = entry;
  const { repository, suite, component } = index;
  return { name, version, architecture, size, sha256, path, repository, suite, component };
}

async function lockSources(
  request: LockRequest,
  indexes: readonly VerifiedIndex[],
  open: (index: VerifiedIndex) => Promise<Buffer>,
): Promise<{ sources: Lock['sources']; warnings: string[] }> {
  const warnings: string[] = [];
  const sources: Lock['sources'] = [];
  if (request.sources === undefined) return { sources, warnings };
  const { wanted, probe } = request.sources;
  const candidates = await findSources(wanted, indexes, open);
  for (const one of wanted) {
    const { chosen, warning } = await newestCompleteSource(one, candidates.get(one.name) ?? [], probe);
    if (chosen !== undefined) sources.push(lockSource(chosen));
    if (warning !== undefined) warnings.push(warning);
  }
  return { sources, warnings };
}

/** `hello 2.10-3 (amd64)`: names one package for people and for maps. */
export function keyOf({ name, version, architecture }: PackageName): string {
  return `${name} ${version} (${architecture})`;
}

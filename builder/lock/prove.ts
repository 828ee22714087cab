/**
 * Proves a lock again with no network: signature → Release → index → each package and source.
 *
 * ```ts
 * const proof = await proveLock(lock, { keyring, allowedKeys, evidence, openIndex });
 * if (proof.broken.length > 0) throw proofError(proof, where);
 * ```
 *
 * The clock is not asked: keys must have been valid when they signed, and not revoked since.
 */
import { sha256 as hash } from '../../core/digest.ts';
import { AppError } from '../../core/errors.ts';
import { packagesIn } from '../formats/packages-index.ts';
import { sourcesIn } from '../formats/sources-index.ts';
import type { Release } from '../formats/release.ts';
import type { Keyring } from '../verify/keyring.ts';
import { plainForm, verifyRelease, type SignedRelease } from '../verify/release-chain.ts';
import { keyOf } from './make-lock.ts';
import type { EvidenceArchive, EvidenceName, VerifiedIndex } from './ports.ts';
import type { Lock, LockedIndex, LockedRelease } from './schema.ts';

export interface ProveOptions {
  readonly keyring: Keyring;
  /** The fingerprints that the recipe allows for a repository. */
  readonly allowedKeys: (repository: string) => readonly string[];
  readonly evidence: Pick<EvidenceArchive, 'get'>;
  /** The decompressed bytes of an index, verified against its hash. */
  readonly openIndex: (index: VerifiedIndex) => Promise<Buffer>;
  readonly now: Date;
}

/** A link of the chain that does not hold. */
export interface BrokenLink {
  readonly link: 'evidence' | 'signature' | 'release' | 'index' | 'package' | 'source';
  readonly where: string;
  readonly expected: string;
  readonly got: string;
  /** What went wrong, by the code of the error underneath. */
  readonly code: string;
}

export interface Proof {
  /** Links that hold. */
  readonly releases: number;
  readonly indexes: number;
  readonly packages: number;
  readonly sources: number;
  readonly broken: readonly BrokenLink[];
}

/** Proves every link and returns all that are broken; throws only for bugs. */
export async function proveLock(lock: Lock, options: ProveOptions): Promise<Proof> {
  const broken: BrokenLink[] = [];
  const listed = new Listed(lock);
  let releases = 0;
  let indexes = 0;
  for (const locked of lock.releases) {
    const release = await collect(broken, 'signature', `${locked.repository} ${locked.suite}`, () =>
      proveRelease(locked, options),
    );
    if (release === undefined) continue;
    releases += 1;
    for (const index of locked.indexes) {
      const where = `${locked.repository} ${locked.suite} ${index.path}`;
      const proved = await collect(broken, 'index', where, () =>
        proveIndex(locked, index, release, options, listed),
      );
      if (proved === true) indexes += 1;
    }
  }
  const missing = listed.missing(lock);
  return {
    releases,
    indexes,
    packages: lock.packages.length - missing.packages.length,
    sources: lock.sources.length - missing.sources.length,
    broken: [...broken, ...missing.packages, ...missing.sources],
  };
}

/** All broken links as one error of kind `verification` (`lock.proof`). */
export function proofError(proof: Proof, where: string): AppError {
  const lines = proof.broken.map(
    (link) => `${link.link} ${link.where}: expected ${link.expected}, got ${link.got} [${link.code}]`,
  );
  return new AppError({
    kind: 'verification',
    code: 'lock.proof',
    what: `the lock cannot be proved: ${proof.broken.length} broken ${proof.broken.length === 1 ? 'link' : 'links'}`,
    where,
    expected: 'an unbroken chain: signature, Release, index, package',
    got: lines.join('\n'),
    next: 'restore the lock and its evidence from version control, or make them anew: qubeforge lock --update',
  });
}

async function proveRelease(locked: LockedRelease, options: ProveOptions): Promise<Release> {
  const { repository, suite } = locked;
  const where = `${repository} ${suite}`;
  const verified = await verifyRelease(
    await signedRelease(locked, options.evidence),
    options.keyring,
    options.allowedKeys(repository),
    { where, suite, now: options.now, checkFreshness: false },
  );
  const { codename, date, validUntil } = verified.release;
  same('release', `${where}: Date`, locked.date, date.toISOString());
  same('release', `${where}: Codename`, locked.codename, codename);
  same('release', `${where}: Valid-Until`, locked.validUntil ?? 'none', validUntil?.toISOString() ?? 'none');
  same('signature', `${where}: signer`, locked.signer, verified.signer);
  same('signature', `${where}: signing key`, locked.signingKey, verified.signingKey);
  return verified.release;
}

async function signedRelease(
  { evidence, repository, suite }: LockedRelease,
  archive: Pick<EvidenceArchive, 'get'>,
): Promise<SignedRelease> {
  const get = async (name: EvidenceName, digest: LockedIndex['sha256']): Promise<Buffer> => {
    const where = `archived ${name} of ${repository} ${suite}`;
    const bytes = await archive.get(name, digest);
    if (bytes === undefined) throw linkError('evidence', where, `a file with SHA-256 ${digest}`, 'nothing');
    same('evidence', where, `SHA-256 ${digest}`, `SHA-256 ${hash(bytes)}`);
    return bytes;
  };
  if ('inRelease' in evidence) return { inRelease: await get('InRelease', evidence.inRelease) };
  return {
    release: await get('Release', evidence.release),
    signature: await get('Release.gpg', evidence.signature),
  };
}

async function proveIndex(
  locked: LockedRelease,
  index: LockedIndex,
  release: Release,
  options: ProveOptions,
  listed: Listed,
): Promise<true> {
  const { repository, suite } = locked;
  const where = `${repository} ${suite} ${index.path}`;
  const entry = release.files.get(index.path);
  const expected = `${index.size} bytes, SHA-256 ${index.sha256}`;
  const got = entry === undefined ? 'not listed' : `${entry.size} bytes, SHA-256 ${entry.sha256}`;
  same('index', where, expected, got);
  const plain = plainForm(release, index.path);
  const wanted = { ...index, repository, suite, ...(plain === undefined ? {} : { plain }) };
  const data = await options.openIndex(wanted);
  listed.add(data, { ...index, repository, suite });
  return true;
}

/** The entries of one lock, ticked off as proved indexes turn out to list them. */
class Listed {
  readonly #names: ReadonlySet<string>;
  readonly #found = new Set<string>();

  constructor(lock: Lock) {
    this.#names = new Set([...lock.packages, ...lock.sources].map(({ name }) => name));
  }

  add(data: Buffer, index: VerifiedIndex): void {
    const { repository, suite, component } = index;
    const origin = { repository, suite, component };
    const entries = index.kind === 'packages' ? packagesIn(data, index.path) : sourcesIn(data, index.path);
    for (const entry of entries) {
      if (!this.#names.has(entry.name)) continue;
      const line =
        'filename' in entry
          ? packageLine({ ...entry, ...origin, path: entry.filename })
          : sourceLine({ ...entry, ...origin });
      this.#found.add(line);
    }
  }

  missing(lock: Lock): { readonly packages: BrokenLink[]; readonly sources: BrokenLink[] } {
    const broken = (link: BrokenLink['link'], where: string, expected: string): BrokenLink[] => {
      const got = 'no such entry in a proved index';
      return this.#found.has(expected) ? [] : [{ link, where, expected, got, code: 'lock.unlisted' }];
    };
    return {
      packages: lock.packages.flatMap((entry) => broken('package', keyOf(entry), packageLine(entry))),
      sources: lock.sources.flatMap((entry) =>
        broken('source', `${entry.name} ${entry.version}`, sourceLine(entry)),
      ),
    };
  }
}

type PackageFields = Lock['packages'][number];
type SourceFields = Lock['sources'][number];

function packageLine(entry: PackageFields): string {
  const { repository, suite, component, path, size, sha256 } = entry;
  return `${keyOf(entry)} ${repository}/${suite}/${component} ${path} ${size} ${sha256}`;
}

function sourceLine(
  entry: {
    readonly [K in keyof Omit<SourceFields, 'files'>]: SourceFields[K];
  } & { readonly files: readonly SourceFields['files'][number][] },
): string {
  const { name, version, directory, repository, suite, component } = entry;
  const files = entry.files.map((file) => `${file.name} ${file.size} ${file.sha256}`).sort();
  return `${name} ${version} ${repository}/${suite}/${component} ${directory} ${files.join(' ')}`;
}

/** Runs one proof; an AppError becomes a broken link. */
async function collect<T>(
  broken: BrokenLink[],
  link: BrokenLink['link'],
  where: string,
  prove: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await prove();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { code, message, expected, got } = error;
    const named = /^lock\.link\.(\w+)$/.exec(code)?.[1] as BrokenLink['link'] | undefined;
    broken.push({
      link: named ?? (code.startsWith('release.') ? 'release' : link),
      where: error.where ?? where,
      expected: expected ?? 'an unbroken link',
      got: got ?? message,
      code,
    });
    return undefined;
  }
}

function same(link: BrokenLink['link'], where: string, expected: string, got: string): void {
  if (expected !== got) throw linkError(link, where, expected, got);
}

function linkError(link: BrokenLink['link'], where: string, expected: string, got: string): AppError {
  const what = `the lock and its ${link} differ`;
  return new AppError({ kind: 'verification', code: `lock.link.${link}`, what, where, expected, got });
}

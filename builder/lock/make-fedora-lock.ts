/**
 * Makes a lock of the Fedora family: package lists, a resolver's choice, and each chosen package verified
 * by its own signature before it is locked. The lists only say where a package lies; what it is, says its
 * signed header.
 */
import { AppError } from '../../core/errors.ts';
import type { Sha256 } from '../../core/digest.ts';
import type { PrimaryPackage } from '../formats/primary.ts';
import { printEvr } from '../formats/rpm-version.ts';
import { printNevra } from '../formats/rpm/identity.ts';
import type { DnfChoice } from '../resolve/dnf-script.ts';
import type { RpmEvidence } from '../verify/rpm/package.ts';
import type { FedoraLock, LockedRepository, LockedRpm } from './fedora-schema.ts';

/** One repository as far as it was fetched. */
export interface RepositoryState {
  readonly locked: LockedRepository;
  /** Packages of its list with one of these names. */
  readonly packages: (names: ReadonlySet<string>) => AsyncIterable<PrimaryPackage>;
}

export interface FedoraLockRequest {
  readonly recipe: { readonly name: string; readonly digest: Sha256; readonly architecture: string };
  readonly repositories: readonly RepositoryState[];
  readonly resolve: () => Promise<readonly DnfChoice[]>;
  /** Brings packages into the store. */
  readonly fetch: (packages: readonly ListedRpm[]) => Promise<void>;
  /** Verifies a package in the store by the keys of its repository. */
  readonly verify: (rpm: ListedRpm) => Promise<RpmEvidence>;
}

/** A package as a repository's list describes it. */
export interface ListedRpm {
  readonly repository: string;
  readonly listed: PrimaryPackage;
  readonly sha256: Sha256;
}

/**
 * Throws what the ports throw, `lock.unlisted` when the resolver chose what no list has, and
 * `rpm.other-package` when a good signature is on another package than the list says (both kind
 * `verification`).
 */
export async function makeFedoraLock(request: FedoraLockRequest): Promise<FedoraLock> {
  const { recipe, repositories } = request;
  const chosen = await findChosen(await request.resolve(), repositories);
  await request.fetch(chosen);
  const packages: LockedRpm[] = [];
  for (const rpm of chosen) packages.push(lockRpm(rpm, await request.verify(rpm)));
  return {
    version: 1,
    family: 'fedora',
    recipe: { name: recipe.name, digest: recipe.digest },
    architecture: recipe.architecture,
    repositories: repositories.map(({ locked }) => locked),
    packages: packages.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)),
  };
}

async function findChosen(
  choices: readonly DnfChoice[],
  repositories: readonly RepositoryState[],
): Promise<ListedRpm[]> {
  const names = new Set(choices.map(({ name }) => name));
  const listed = new Map<string, ListedRpm>();
  for (const { locked, packages } of repositories) {
    const { repository } = locked;
    for await (const entry of packages(names)) {
      const sha256 = entry.checksum.value as Sha256;
      if (entry.checksum.type === 'sha256') {
        listed.set(`${repository} ${sha256}`, { repository, listed: entry, sha256 });
      }
    }
  }
  return choices.map(({ name, repository, sha256 }) => {
    const found = listed.get(`${repository} ${sha256}`);
    if (found !== undefined) return found;
    throw new AppError({
      kind: 'verification',
      code: 'lock.unlisted',
      what: 'the resolver chose a package that no list has',
      where: `${repository}: ${name}`,
      expected: 'a package of the verified lists',
      got: `SHA-256 ${sha256}`,
    });
  });
}

function lockRpm({ repository, listed, sha256 }: ListedRpm, evidence: RpmEvidence): LockedRpm {
  const { identity, size, headerSha256, payloadSha256, signer, signingKey } = evidence;
  const [expected, got] = [printNevra(listed), printNevra(identity)];
  if (expected !== got || evidence.sha256 !== sha256) {
    throw new AppError({
      kind: 'verification',
      code: 'rpm.other-package',
      what: 'the signed header names another package than the list',
      where: `${repository}: ${listed.location}`,
      expected,
      got: `${got}, SHA-256 ${evidence.sha256}`,
      next: `try another mirror with --mirror ${repository}=URL`,
    });
  }
  return {
    name: identity.name,
    version: printEvr(identity),
    architecture: identity.architecture,
    repository,
    path: listed.location,
    size,
    sha256,
    header: headerSha256,
    payload: payloadSha256,
    signer,
    signingKey,
  };
}

function keyOf({ name, version, architecture }: LockedRpm): string {
  return `${name} ${version} ${architecture}`;
}

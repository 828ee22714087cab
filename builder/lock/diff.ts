/** What moved between two locks, for people. */
import { formatBytes } from '../../core/bytes.ts';
import { compareDebianVersions } from '../formats/debian-version.ts';
import { compareEvr, parseEvr } from '../formats/rpm-version.ts';
import type { AnyLock, AnyPackage, LockedRelease } from './schema.ts';

export interface Moved {
  readonly name: string;
  readonly architecture: string;
  readonly from: string;
  readonly to: string;
}

export interface LockDiff {
  readonly added: readonly AnyPackage[];
  readonly removed: readonly AnyPackage[];
  readonly upgraded: readonly Moved[];
  readonly downgraded: readonly Moved[];
  /** Same version, other bytes: worth a look. */
  readonly replaced: readonly Moved[];
  /** One line for each repository whose packages are now taken from elsewhere, with the same bytes: a point release. */
  readonly relocated: readonly string[];
  /** One line for each source package that moved. */
  readonly sources: readonly string[];
  /** One line for each Release that moved, came or went, and for each other signing key. */
  readonly releases: readonly string[];
  readonly recipeChanged: boolean;
  /** The order of installation changed though the packages did not. */
  readonly reordered: boolean;
  /** Bytes to download, new minus old. */
  readonly sizeChange: number;
}

/** Compares two locks of one recipe. */
export function diffLocks(before: AnyLock, after: AnyLock): LockDiff {
  const old = byName(before);
  const fresh = byName(after);
  const pairs = [...fresh].flatMap(([name, to]) => {
    const from = old.get(name);
    return from === undefined ? [] : [{ from, to }];
  });
  const compare = after.family === 'fedora' ? compareEvrTexts : compareDebianVersions;
  const moved = (sign: number): Moved[] =>
    pairs
      .filter(({ from, to }) => Math.sign(compare(to.version, from.version)) === sign)
      .map(({ from, to }) => describeMove(from, to, from.version, to.version));
  const replaced = pairs
    .filter(({ from, to }) => from.version === to.version && from.sha256 !== to.sha256)
    .map(({ from, to }) => describeMove(from, to, placeOf(from), placeOf(to)));
  const samePackages = pairs.length === old.size && pairs.length === fresh.size;
  return {
    added: [...fresh].filter(([name]) => !old.has(name)).map(([, entry]) => entry),
    removed: [...old].filter(([name]) => !fresh.has(name)).map(([, entry]) => entry),
    upgraded: moved(1),
    downgraded: moved(-1),
    replaced,
    relocated: diffPlaces(pairs.filter(({ from, to }) => from.sha256 === to.sha256)),
    sources: diffSources(before, after),
    releases: diffReleases(before, after),
    recipeChanged: before.recipe.digest !== after.recipe.digest,
    reordered: samePackages && [...old.keys()].join() !== [...fresh.keys()].join(),
    sizeChange: totalSize(after) - totalSize(before),
  };
}

/** Whether a build from either lock gets the same files in the same order. */
export function buildsTheSame(diff: LockDiff): boolean {
  const lists = [diff.added, diff.removed, diff.upgraded, diff.downgraded, diff.replaced, diff.sources];
  return lists.every((list) => list.length === 0) && !diff.reordered && !diff.recipeChanged;
}

/** The diff as lines; `nothing moved` when it is empty. */
export function printLockDiff(diff: LockDiff): string {
  const lines = [
    ...(diff.recipeChanged ? ['recipe     changed'] : []),
    ...diff.releases.map((line) => `release    ${line}`),
    ...diff.added.map((entry) => `added      ${label(entry)} ${entry.version}`),
    ...diff.removed.map((entry) => `removed    ${label(entry)} ${entry.version}`),
    ...diff.upgraded.map((entry) => `upgraded   ${label(entry)} ${entry.from} → ${entry.to}`),
    ...diff.downgraded.map((entry) => `DOWNGRADED ${label(entry)} ${entry.from} → ${entry.to}`),
    ...diff.replaced.map((entry) => `REPLACED   ${label(entry)} ${entry.from} → ${entry.to}`),
    ...diff.relocated.map((line) => `place      ${line}`),
    ...diff.sources.map((line) => `source     ${line}`),
    ...(diff.reordered ? ['order      packages are installed in another order'] : []),
  ];
  if (lines.length === 0) return 'nothing moved';
  const sign = diff.sizeChange < 0 ? '-' : '+';
  return [...lines, `download   ${sign}${formatBytes(Math.abs(diff.sizeChange))}`].join('\n');
}

function byName(lock: AnyLock): Map<string, AnyPackage> {
  return new Map(lock.packages.map((entry) => [label(entry), entry]));
}

function label({ name, architecture }: { readonly name: string; readonly architecture: string }): string {
  return `${name}:${architecture}`;
}

function placeOf(entry: AnyPackage): string {
  return `${entry.sha256.slice(0, 16)} ${originOf(entry)}/${entry.path}`;
}

function originOf(entry: AnyPackage): string {
  return 'suite' in entry ? `${entry.repository}/${entry.suite}/${entry.component}` : entry.repository;
}

function diffPlaces(pairs: readonly { readonly from: AnyPackage; readonly to: AnyPackage }[]): string[] {
  const counts = new Map<string, number>();
  for (const { from, to } of pairs) {
    const [before, after] = [originOf(from), originOf(to)];
    if (before === after && from.path === to.path) continue;
    const move = before === after ? `${after}, by another path` : `${before} → ${after}`;
    counts.set(move, (counts.get(move) ?? 0) + 1);
  }
  return [...counts].map(
    ([move, count]) => `${count} package${count === 1 ? '' : 's'} with the same bytes: ${move}`,
  );
}

/** Locks hold EVRs that were read from signed headers, so they can be parsed. */
function compareEvrTexts(a: string, b: string): number {
  const [left, right] = [parseEvr(a), parseEvr(b)];
  return left === undefined || right === undefined ? 0 : compareEvr(left, right);
}

function describeMove(from: AnyPackage, to: AnyPackage, before: string, after: string): Moved {
  return { name: to.name, architecture: from.architecture, from: before, to: after };
}

function diffSources(before: AnyLock, after: AnyLock): string[] {
  const print = (lock: AnyLock): Map<string, string> =>
    new Map([
      ...sourcesOf(lock).map((source): [string, string] => [source.name, source.version]),
      ...upstreamLines(lock),
    ]);
  return diffMaps(print(before), print(after));
}

function upstreamLines(lock: AnyLock): [string, string][] {
  const source = lock.family === 'debian' ? lock.upstream : undefined;
  if (source === undefined) return [];
  const { name, kind, sha256, signer } = source;
  const what = kind === 'git' ? `${name} (commit ${source.commit})` : `${name} (SHA-256 ${sha256})`;
  return [
    ['upstream', what],
    ['upstream, signed by', signer],
  ];
}

function sourcesOf(lock: AnyLock): Extract<AnyLock, { family: 'debian' }>['sources'] {
  return lock.family === 'debian' ? lock.sources : [];
}

function diffReleases(before: AnyLock, after: AnyLock): string[] {
  if (before.family === 'fedora' || after.family === 'fedora') {
    return [
      ...diffMaps(repositoryDates(before), repositoryDates(after)),
      ...diffMaps(packageSigners(before), packageSigners(after)),
    ];
  }
  const map = (print: (release: LockedRelease) => string, lock: typeof before): Map<string, string> =>
    new Map(lock.releases.map((release) => [`${release.repository} ${release.suite}`, print(release)]));
  const dates = diffMaps(
    map(({ date }) => date, before),
    map(({ date }) => date, after),
  );
  const known = map(({ signer }) => signer, before);
  const keys = [...map(({ signer }) => signer, after)].filter(
    ([name, signer]) => known.has(name) && known.get(name) !== signer,
  );
  return [
    ...dates,
    ...keys.map(([name, signer]) => `${name} signed by ${known.get(name) ?? ''} → ${signer}`),
  ];
}

function repositoryDates(lock: AnyLock): Map<string, string> {
  const repositories = lock.family === 'fedora' ? lock.repositories : lock.releases;
  return new Map(repositories.map(({ repository, date }) => [repository, date]));
}

/** Of the Fedora family each package is signed: who signed those of a repository. */
function packageSigners(lock: AnyLock): Map<string, string> {
  const found = new Map<string, Set<string>>();
  for (const { repository, signer } of lock.family === 'fedora' ? lock.packages : []) {
    const name = `packages of ${repository}, signed by`;
    found.set(name, (found.get(name) ?? new Set()).add(signer));
  }
  return new Map([...found].map(([name, signers]) => [name, [...signers].sort().join(', ')]));
}

function diffMaps(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return names.flatMap((name) => {
    const from = before.get(name) ?? 'none';
    const to = after.get(name) ?? 'none';
    return from === to ? [] : [`${name} ${from} → ${to}`];
  });
}

function totalSize(lock: AnyLock): number {
  const packages = lock.packages.reduce((sum, entry) => sum + entry.size, 0);
  const files = sourcesOf(lock).flatMap((source) => source.files);
  const upstream = (lock.family === 'debian' ? lock.upstream?.size : undefined) ?? 0;
  return packages + upstream + files.reduce((sum, file) => sum + file.size, 0);
}

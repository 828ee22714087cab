import { AppError } from '../../core/errors.ts';
import { compareDebianVersions } from '../formats/debian-version.ts';
import { sourcesIn } from '../formats/sources-index.ts';
import type { SourceCandidate, SourceProbe, VerifiedIndex, WantedSource } from './ports.ts';
import type { LockedSource } from './schema.ts';

/** Every listed version of the wanted sources, newest first, by name. Each index is read once. */
export async function findSources(
  wanted: readonly WantedSource[],
  indexes: readonly VerifiedIndex[],
  open: (index: VerifiedIndex) => Promise<Buffer>,
): Promise<Map<string, SourceCandidate[]>> {
  const found = new Map<string, SourceCandidate[]>(wanted.map(({ name }) => [name, []]));
  if (wanted.length === 0) return found;
  for (const index of indexes.filter(({ kind }) => kind === 'sources')) {
    for (const source of sourcesIn(await open(index), index.path)) {
      found.get(source.name)?.push({ source, index });
    }
  }
  for (const candidates of found.values()) {
    candidates.sort((a, b) => compareDebianVersions(b.source.version, a.source.version));
  }
  return found;
}

/**
 * The newest version whose files are all there: archives drop files that their index still lists.
 * `warning` names what was passed over and which files it lacks. Throws `lock.source` (kind `recipe`)
 * when no version is listed, `lock.source-files` (kind `network`) when none is complete.
 */
export async function newestCompleteSource(
  wanted: WantedSource,
  candidates: readonly SourceCandidate[],
  probe: SourceProbe,
): Promise<{ readonly chosen?: SourceCandidate; readonly warning?: string }> {
  const listed = candidates.filter(
    ({ source }) => wanted.version === undefined || source.version === wanted.version,
  );
  if (listed.length === 0) throw notListed(wanted, candidates);
  const passedOver: string[] = [];
  for (const candidate of listed) {
    const missing = await probe({
      ...candidate,
      source: { ...candidate.source, files: contentFiles(candidate) },
    });
    if (missing.length === 0) {
      if (passedOver.length === 0) return { chosen: candidate };
      const warning = `locked source ${wanted.name} ${candidate.source.version}; newer ones are not complete on any mirror:\n${passedOver.join('\n')}`;
      return { chosen: candidate, warning };
    }
    passedOver.push(`${wanted.name} ${candidate.source.version} lacks ${missing.join(', ')}`);
  }
  if (wanted.optional === true) {
    return {
      warning: `no version of the source ${wanted.name} is complete on any mirror:\n${passedOver.join('\n')}`,
    };
  }
  throw new AppError({
    kind: 'network',
    code: 'lock.source-files',
    what: `no mirror has all files of the source package ${wanted.name}`,
    expected: 'one version with all its files',
    got: passedOver.join('\n'),
    next: `name a mirror that has them with --mirror ${listed[0]?.index.repository ?? 'NAME'}=URL`,
  });
}

/** A source as the lock names it. */
export function lockSource(candidate: SourceCandidate): LockedSource {
  const { source, index } = candidate;
  const { repository, suite, component } = index;
  return {
    name: source.name,
    version: source.version,
    directory: source.directory,
    repository,
    suite,
    component,
    files: contentFiles(candidate).map(({ name, size, sha256 }) => ({ name, size, sha256 })),
  };
}

/** All but the .dsc: the signed index has the hashes of the tarballs, and mirrors lose the .dsc first. */
function contentFiles({ source }: SourceCandidate): SourceCandidate['source']['files'] {
  return source.files.filter(({ name }) => !name.endsWith('.dsc'));
}

function notListed(wanted: WantedSource, candidates: readonly SourceCandidate[]): AppError {
  const versions = candidates.map(({ source }) => source.version);
  return new AppError({
    kind: 'recipe',
    code: 'lock.source',
    what: `no Sources index lists the source package ${wanted.name}`,
    expected: wanted.version === undefined ? wanted.name : `${wanted.name} ${wanted.version}`,
    got: versions.length === 0 ? 'no version at all' : versions.join(', '),
    next: 'check the name, suites and components in the recipe',
  });
}

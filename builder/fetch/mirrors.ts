/**
 * Where a repository's files may come from, in the order of trying: `--mirror NAME=URL`, then
 * `QUBEFORGE_MIRROR_<NAME>`, then the host's own package sources when they are of the same
 * distribution, then the recipe's defaults, then the snapshot archive of the locked date. No mirror is
 * trusted; the order is about speed and the owner's wishes only. Pure.
 */
import type { HostSource } from '../../edge/apt-config.ts';
import type { RepositorySpec } from '../lock/ports.ts';

export interface Mirror {
  readonly url: string;
  /** `chosen`: by `--mirror` or the environment. */
  readonly origin: 'chosen' | 'host' | 'recipe' | 'snapshot';
}

export interface MirrorSettings {
  /** What the user chose, by repository name: `--mirror NAME=URL` first, then `QUBEFORGE_MIRROR_<NAME>`. */
  readonly chosen: ReadonlyMap<string, readonly string[]>;
  readonly host: readonly HostSource[];
}

/** What mirrors are chosen by. */
export type Mirrored = Pick<RepositorySpec, 'name' | 'mirrors' | 'snapshot'>;

/** The mirrors of a repository; `date` (of the locked Release) adds the snapshot archive. */
export function mirrorsOf(repository: Mirrored, settings: MirrorSettings, date?: Date): Mirror[] {
  const candidates: (Mirror | undefined)[] = [
    ...(settings.chosen.get(repository.name) ?? []).map((url) => mirror('chosen', url)),
    ...settings.host
      .filter((source) => isSameDistribution(source, repository))
      .map((source) => mirror('host', source.uri)),
    ...repository.mirrors.map((url) => mirror('recipe', url)),
    date === undefined || repository.snapshot === undefined
      ? undefined
      : mirror('snapshot', `${trim(repository.snapshot)}/${snapshotStamp(date)}`),
  ];
  const seen = new Set<string>();
  return candidates.flatMap((candidate) => {
    if (candidate === undefined || seen.has(candidate.url)) return [];
    seen.add(candidate.url);
    return [candidate];
  });
}

/** `20250809T094107Z`, as the snapshot archive names its states. */
export function snapshotStamp(date: Date): string {
  return date.toISOString().replace(/[-:]|\.\d+/g, '');
}

/** The address of a file below a mirror. Special characters are escaped, but not in directories. */
export function locate(base: string, path: string): string {
  const start = trim(base);
  if (start.startsWith('/')) return `${start}/${path}`;
  return `${start}/${path.split('/').map(encodeURIComponent).join('/')}`;
}

function mirror(origin: Mirror['origin'], url: string | undefined): Mirror | undefined {
  return url === undefined || url === '' ? undefined : { origin, url: trim(url) };
}

const DEBIAN_SUITE =
  /^(?:(?:old)*stable|testing|unstable|experimental|sid|buster|bullseye|bookworm|trixie|forky|duke)(?:[-/].*)?$/;

/**
 * A source of the host serves the same files when its address ends in the same path as one of the
 * recipe's mirrors (`/debian`, `/debian-security`) and it is used for suites of Debian.
 */
function isSameDistribution(source: HostSource, repository: Mirrored): boolean {
  const path = pathOf(source.uri);
  if (path === undefined || !source.suites.some((suite) => DEBIAN_SUITE.test(suite))) return false;
  return repository.mirrors.some((url) => {
    const wanted = pathOf(url);
    return wanted !== undefined && wanted !== '' && (path === wanted || path.endsWith(wanted));
  });
}

function pathOf(url: string): string | undefined {
  try {
    const parsed = new URL(url);
    return ['http:', 'https:', 'file:'].includes(parsed.protocol) ? trim(parsed.pathname) : undefined;
  } catch {
    return undefined;
  }
}

function trim(url: string): string {
  return url.replace(/\/+$/, '');
}

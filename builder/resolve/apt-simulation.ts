import { AppError } from '../../core/errors.ts';
import type { BinaryPackage } from '../formats/packages-index.ts';
import type { PackageName } from '../lock/ports.ts';

/** What is asked of apt. */
export interface AptRequest {
  readonly architecture: string;
  readonly recommends: boolean;
  /** Package names, or `name=version`. */
  readonly install: readonly string[];
}

/** The names that `variant: minbase` adds, as mmdebstrap's variant of that name: Essential, required, apt. */
export function minbaseNames(packages: Iterable<BinaryPackage>): string[] {
  const names = new Set(['apt']);
  for (const pkg of packages) if (pkg.essential || pkg.priority === 'required') names.add(pkg.name);
  return [...names].sort();
}

/** Lists which signed index is read from where; see `listName`. */
export function aptSources(
  places: readonly {
    readonly repository: string;
    readonly suite: string;
    readonly components: readonly string[];
  }[],
): string {
  // The indexes have been verified against pinned keys before they come here; apt only resolves.
  return places
    .map(
      ({ repository, suite, components }) =>
        `deb [trusted=yes] file:/${repository} ${suite} ${components.join(' ')}\n`,
    )
    .join('');
}

/** The name under which apt looks for an index below /var/lib/apt/lists. */
export function listName(index: {
  readonly repository: string;
  readonly suite: string;
  readonly component: string;
  readonly architecture: string;
}): string {
  const { repository, suite, component, architecture } = index;
  return `_${repository}_dists_${suite.replaceAll('/', '_')}_${component}_binary-${architecture}_Packages`;
}

/**
 * Asks apt twice without installing anything. First: what would be installed. Second, with exactly that: in
 * which order, without the preference that apt gives itself, so that the order depends on the packages alone.
 * Needs the indexes as files of /in/lists; prints the second answer.
 */
export function aptScript(request: AptRequest): string {
  return `
mkdir -p /work/lists /work/cache/archives/partial
: >/work/status
cp /in/lists/* /work/lists/
ask() {
  apt-get -o Dir::State=/work -o Dir::State::status=/work/status -o Dir::State::lists=/work/lists \\
    -o Dir::Cache=/work/cache -o Dir::Etc=/nonexistent -o Dir::Etc::SourceList=/job/sources.list \\
    -o Dir::Etc::SourceParts=/nonexistent -o APT::Architecture=${request.architecture} \\
    -o APT::Architectures=${request.architecture} -o APT::Sandbox::User=root -o Acquire::Languages=none \\
    -o APT::Install-Recommends=${String(request.recommends)} -o Debug::NoLocking=1 "$@"
}
ask -s install $(cat /job/install) >/work/first
sed -n 's/^Inst \\([^ ]*\\) (\\([^ ]*\\) .*/\\1=\\2/p' /work/first | LC_ALL=C sort >/work/exact
rm -f /work/cache/*.bin
ask -o pkgCacheGen::ForceEssential=, -s install $(cat /work/exact)
`;
}

/** The packages of a simulated installation, in its order. Throws an `AppError` for an answer of another form. */
export function parseSimulation(output: string): PackageName[] {
  const chosen: PackageName[] = [];
  for (const line of output.split('\n')) {
    if (!line.startsWith('Inst ')) continue;
    // Inst libc6 (2.41-12 Debian:13.1/stable [amd64]) []
    const [, name, version, architecture] = /^Inst (\S+) (?:\[\S+\] )?\((\S+) .*\[(\S+)\]\)/.exec(line) ?? [];
    if (name === undefined || version === undefined || architecture === undefined) {
      throw new AppError({
        kind: 'tool',
        code: 'resolve.apt-output',
        what: 'apt answered in a form that is not known',
        expected: 'Inst NAME (VERSION ORIGIN [ARCHITECTURE])',
        got: line,
        next: 'update the toolbox: qubeforge lock toolbox --update',
      });
    }
    chosen.push({ name: name.replace(/:.*/, ''), version, architecture });
  }
  return chosen;
}

import { AppError } from '../../core/errors.ts';
import { printDeb822 } from '../formats/deb822.ts';
import type { BinaryPackage } from '../formats/packages-index.ts';
import type { PackageName } from '../lock/ports.ts';

/** What is asked of apt. */
export interface AptRequest {
  readonly architecture: string;
  readonly recommends: boolean;
  /** Package names, or `name=version`. */
  readonly install: readonly string[];
}

/** A package of ours, which no repository has: apt has to bring what it depends on. */
export interface OwnRequest {
  readonly name: string;
  readonly architecture: string;
  /** Relationships, one each. */
  readonly depends: readonly string[];
}

/** An index of our packages for apt to resolve with; nothing is ever fetched by it. */
export function ownIndex(own: readonly OwnRequest[]): string {
  return own
    .map(({ name, architecture, depends }) =>
      printDeb822([
        ['Package', name],
        ['Version', '0'],
        ['Architecture', architecture],
        ['Priority', 'optional'],
        ...(depends.length === 0 ? [] : [['Depends', depends.join(', ')] as const]),
        ['Filename', `${name}.deb`],
        ['Size', '1'],
        ['SHA256', '0'.repeat(64)],
        ['Description', name],
      ]),
    )
    .join('\n');
}

/** Where apt finds `ownIndex`. */
export const OWN_PLACE = {
  repository: 'own',
  suite: 'own',
  components: ['main'],
  component: 'main',
} as const;

/** A source package whose binaries have to be of one version, also where newer ones are listed. */
export interface SourcePin {
  readonly source: string;
  readonly version: string;
  /** A binary package of it, by which a lock shows whether it keeps to the pin. */
  readonly marker: string;
}

/** apt_preferences(5): a priority above 1000 wins over every newer version. */
export function aptPreferences(pins: readonly SourcePin[]): string {
  return pins
    .map(({ source, version }) => `Package: src:${source}\nPin: version ${version}\nPin-Priority: 1001\n`)
    .join('\n');
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

/** The same for the Release file of a suite: `name` is what the archive calls it. */
export function releaseListName(repository: string, suite: string, name: string): string {
  return `_${repository}_dists_${suite.replaceAll('/', '_')}_${name}`;
}

/**
 * Asks apt twice without installing anything. First: what would be installed. Second: in which order, from
 * one index of nothing but that, sorted, and without the preference that apt gives itself: apt breaks ties by
 * what else it reads, and the order shall depend on the packages alone. Packages of ours (/job/own, an index) take
 * part in both questions, for apt's order depends on them, and are left out of the answer. Needs the indexes as files of /in/lists and the Release files as files of
 * /in/releases; prints the second answer.
 */
export function aptScript(request: AptRequest): string {
  return `
mkdir -p /build/lists /build/cache/archives/partial
: >/build/status
cp /in/lists/* /in/releases/* /build/lists/
if [ -s /job/own ]; then cp /job/own /build/lists/${listName({ ...OWN_PLACE, architecture: request.architecture })}; fi
ask() {
  apt-get -o Dir::State=/build -o Dir::State::status=/build/status -o Dir::State::lists=/build/lists \\
    -o Dir::Cache=/build/cache -o Dir::Etc=/nonexistent -o Dir::Etc::SourceList=/job/sources.list \\
    -o Dir::Etc::SourceParts=/nonexistent -o Dir::Etc::Preferences=/job/preferences \\
    -o Dir::Etc::PreferencesParts=/nonexistent -o APT::Architecture=${request.architecture} \\
    -o APT::Architectures=${request.architecture} -o APT::Sandbox::User=root -o Acquire::Languages=none \\
    -o APT::Install-Recommends=${String(request.recommends)} -o Debug::NoLocking=1 "$@"
}
ask -s install $(cat /job/install) >/build/first
sed -n 's/^Inst \\([^ ]*\\) (\\([^ ]*\\) .*/\\1=\\2/p' /build/first | LC_ALL=C sort >/build/exact
sed -n 's/^Package: //p' /job/own >/build/own
rm -r /build/cache/*.bin /build/lists
mkdir /build/lists
awk '
  function take() { if (key in chosen) stanzas[key] = stanza; stanza = "" }
  FILENAME == "/build/exact" { chosen[$0] = 1; order[++count] = $0; next }
  FNR == 1 { take() }
  $0 == "" { take(); next }
  /^Package: / { key = $2 }
  /^Version: / { key = key "=" $2 }
  { stanza = stanza $0 "\\n" }
  END { take(); for (i = 1; i <= count; i++) printf "%s\\n", stanzas[order[i]] }
' /build/exact /in/lists/* /job/own >/build/lists/_exact_dists_chosen_main_binary-${request.architecture}_Packages
echo 'deb [trusted=yes] file:/exact chosen main' >/build/sources.list
ask -o pkgCacheGen::ForceEssential=, -o Dir::Etc::SourceList=/build/sources.list -s install $(cat /build/exact) >/build/second
awk 'FILENAME == "/build/own" { own[$0] = 1; next } !($2 in own)' /build/own /build/second
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

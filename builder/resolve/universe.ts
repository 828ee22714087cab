import { compareDebianVersions } from '../formats/debian-version.ts';
import { parseRelations, printRelation, satisfies, type Relation } from '../formats/debian-relation.ts';
import type { BinaryPackage } from '../formats/packages-index.ts';

interface Provider {
  readonly by: BinaryPackage;
  /** The provided version; none for an unversioned `Provides`. */
  readonly version: string | undefined;
}

/** The newest version of each package of one architecture, and who provides what. */
export class Universe {
  readonly #architecture: string;
  readonly #packages = new Map<string, BinaryPackage>();
  readonly #providers = new Map<string, Provider[]>();
  readonly #relations = new Map<string, Relation[][]>();

  constructor(packages: Iterable<BinaryPackage>, architecture: string) {
    this.#architecture = architecture;
    for (const candidate of packages) {
      if (candidate.architecture !== architecture && candidate.architecture !== 'all') continue;
      const known = this.#packages.get(candidate.name);
      if (known === undefined || isBetter(candidate, known)) this.#packages.set(candidate.name, candidate);
    }
    for (const by of [...this.#packages.values()].sort(providerOrder)) {
      for (const { name, version } of this.provides(by)) {
        const providers = this.#providers.get(name) ?? [];
        providers.push({ by, version });
        this.#providers.set(name, providers);
      }
    }
  }

  named(name: string): BinaryPackage | undefined {
    return this.#packages.get(name);
  }

  /** By name. */
  essential(): BinaryPackage[] {
    return [...this.#packages.values()]
      .filter(({ essential }) => essential)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** A relationship field, read once. */
  groups(text: string, where: string): Relation[][] {
    const known = this.#relations.get(text);
    if (known !== undefined) return known;
    const groups = parseRelations(text, where)
      .map((group) => group.filter((relation) => appliesTo(relation, this.#architecture)))
      .filter((group) => group.length > 0);
    this.#relations.set(text, groups);
    return groups;
  }

  dependencies(of: BinaryPackage): Relation[][] {
    const where = `${of.name} ${of.version}`;
    return [...this.groups(of.preDepends ?? '', where), ...this.groups(of.depends ?? '', where)];
  }

  provides(by: BinaryPackage): Relation[] {
    return by.provides === undefined ? [] : this.groups(by.provides, `${by.name} ${by.version}`).flat();
  }

  /** The package to take for a relation: the real one, else the provider of the highest priority, then by name. */
  candidate(relation: Relation): BinaryPackage | undefined {
    const real = this.#packages.get(relation.name);
    if (real !== undefined && this.meets(real, relation)) return real;
    return this.#providers
      .get(relation.name)
      ?.find(({ by, version }) => this.#provides(by, version, relation))?.by;
  }

  satisfiedBy(relation: Relation, chosen: ReadonlyMap<string, BinaryPackage>): boolean {
    return this.satisfiers(relation, chosen).length > 0;
  }

  /** The chosen packages that meet a relation: the real one first, then providers in their order. */
  satisfiers(relation: Relation, chosen: ReadonlyMap<string, BinaryPackage>): BinaryPackage[] {
    const real = chosen.get(relation.name);
    const providers = (this.#providers.get(relation.name) ?? [])
      .filter(({ by, version }) => chosen.get(by.name) === by && this.#provides(by, version, relation))
      .map(({ by }) => by);
    return [...(real !== undefined && this.meets(real, relation) ? [real] : []), ...providers];
  }

  /** Whether the package itself, by its own name, meets the relation. */
  meets(candidate: BinaryPackage, relation: Relation): boolean {
    return (
      candidate.name === relation.name &&
      this.#qualified(candidate, relation) &&
      satisfies(relation, candidate)
    );
  }

  #provides(by: BinaryPackage, version: string | undefined, relation: Relation): boolean {
    return this.#qualified(by, relation) && satisfies(relation, { version });
  }

  /** As dpkg: `:any` asks for a package marked `Multi-Arch: allowed`; everything else here is native. */
  #qualified(candidate: BinaryPackage, { archQualifier }: Relation): boolean {
    switch (archQualifier) {
      case 'any':
        return candidate.multiArch === 'allowed';
      case undefined:
      case 'native':
      case this.#architecture:
        return true;
      default:
        return candidate.architecture === archQualifier;
    }
  }
}

/** `[amd64]` and `[!i386]`; binary packages carry none, roots of a recipe may. */
function appliesTo({ architectures }: Relation, architecture: string): boolean {
  if (architectures === undefined) return true;
  const names = architectures.map((name) => name.replace(/^!/, ''));
  const matches = names.some((name) => name === architecture || name === 'any' || name === 'linux-any');
  return architectures.some((name) => name.startsWith('!')) ? !matches : matches;
}

/** As apt and debootstrap prefer them: of two that provide `awk`, the one that is required anyway. */
const PRIORITIES = ['required', 'important', 'standard', 'optional'];

function providerOrder(a: BinaryPackage, b: BinaryPackage): number {
  const rank = ({ priority = '' }: BinaryPackage): number => {
    const index = PRIORITIES.indexOf(priority);
    return index < 0 ? PRIORITIES.length : index;
  };
  return rank(a) - rank(b) || (a.name < b.name ? -1 : 1);
}

/** Newer first; among equals the native build, then the one whose hash is lower, so that input order is nothing. */
function isBetter(candidate: BinaryPackage, known: BinaryPackage): boolean {
  const order = compareDebianVersions(candidate.version, known.version);
  if (order !== 0) return order > 0;
  if (candidate.architecture !== known.architecture) return candidate.architecture !== 'all';
  return candidate.sha256 < known.sha256;
}

/** An or-group as text. */
export function printGroup(group: readonly Relation[]): string {
  return group.map(printRelation).join(' | ');
}

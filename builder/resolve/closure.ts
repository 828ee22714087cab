import { AppError } from '../../core/errors.ts';
import type { Relation } from '../formats/debian-relation.ts';
import type { BinaryPackage } from '../formats/packages-index.ts';
import { findConflict } from './conflicts.ts';
import { dependencyOrder } from './order.ts';
import { printGroup, Universe } from './universe.ts';

export interface ClosureRequest {
  /** The packages of all suites; of several versions of one name the newest is taken. */
  readonly packages: Iterable<BinaryPackage>;
  /** Package names, or relations such as `dpkg (>= 1.22)`. */
  readonly roots: readonly string[];
  readonly architecture: string;
  /** Add every package marked Essential; default false. */
  readonly includeEssential?: boolean;
}

export interface Closure {
  /** Each package after those it depends on, as far as there is no cycle; otherwise by name. */
  readonly chosen: readonly BinaryPackage[];
  /** For each chosen name, the chain from a root to it: `['apt', 'libc6']`. */
  readonly why: ReadonlyMap<string, readonly string[]>;
}

/**
 * The packages that the roots need: Depends and Pre-Depends, never Recommends. For each or-group an alternative
 * that is already chosen is preferred, then the first one that some package satisfies, a real package before
 * one that provides the name, providers by priority and name (Debian Policy §7). It never goes back on a choice: that is
 * enough for a set that we curate, and its outcome is easy to explain. The order of `packages` does not
 * matter. Throws an `AppError` of kind `recipe`: `resolve.missing` with the chain from the root,
 * `resolve.conflict` with the chains of both packages.
 */
export function resolveClosure(request: ClosureRequest): Closure {
  const universe = new Universe(request.packages, request.architecture);
  const search = new Search(universe);
  for (const root of request.roots) search.chooseRoot(root);
  if (request.includeEssential === true) {
    for (const found of universe.essential()) search.choose(found, undefined);
  }
  search.run();
  const conflict = findConflict(universe, search.chosen);
  if (conflict !== undefined) throw conflictError(conflict, search);
  return { chosen: dependencyOrder(universe, search.chosen), why: search.why() };
}

/** A breadth-first walk: packages near the roots choose before packages far away. */
class Search {
  readonly #universe: Universe;
  readonly chosen = new Map<string, BinaryPackage>();
  readonly #parents = new Map<string, string | undefined>();
  readonly #queue: BinaryPackage[] = [];

  constructor(universe: Universe) {
    this.#universe = universe;
  }

  choose(found: BinaryPackage, parent: string | undefined): void {
    if (this.chosen.has(found.name)) return;
    this.chosen.set(found.name, found);
    this.#parents.set(found.name, parent);
    this.#queue.push(found);
  }

  /** A root means the package of that name, also where another one that is chosen already provides it. */
  chooseRoot(root: string): void {
    const groups = this.#universe.groups(root, 'roots');
    for (const [first] of groups) {
      const real = first === undefined ? undefined : this.#universe.named(first.name);
      if (first !== undefined && real !== undefined && this.#universe.meets(real, first))
        this.choose(real, undefined);
    }
    this.require(groups, undefined);
  }

  require(groups: readonly (readonly Relation[])[], parent: string | undefined): void {
    for (const group of groups) {
      if (group.some((relation) => this.#universe.satisfiedBy(relation, this.chosen))) continue;
      const found = group
        .map((relation) => this.#universe.candidate(relation))
        .find((it) => it !== undefined);
      if (found === undefined) throw this.#missing(group, parent);
      this.choose(found, parent);
    }
  }

  run(): void {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      this.require(this.#universe.dependencies(next), next.name);
    }
  }

  chain(name: string | undefined): string[] {
    const chain: string[] = [];
    for (let at = name; at !== undefined; at = this.#parents.get(at)) chain.push(at);
    return chain.reverse();
  }

  why(): Map<string, string[]> {
    return new Map([...this.chosen.keys()].sort().map((name) => [name, this.chain(name)]));
  }

  #missing(group: readonly Relation[], parent: string | undefined): AppError {
    const available = group.flatMap(({ name }) => {
      const known = this.#universe.named(name);
      return known === undefined ? [] : [`${name} ${known.version}`];
    });
    return new AppError({
      kind: 'recipe',
      code: 'resolve.missing',
      what: `No package satisfies ${printGroup(group)}.`,
      where: [...this.chain(parent), printGroup(group)].join(' → '),
      got: available.length === 0 ? 'no such package' : available.join(', '),
      next: 'Correct the name in the recipe, or add the suite or component that holds the package.',
    });
  }
}

function conflictError(conflict: NonNullable<ReturnType<typeof findConflict>>, search: Search): AppError {
  const { from, against, field, relation } = conflict;
  return new AppError({
    kind: 'recipe',
    code: 'resolve.conflict',
    what: `${from.name} ${from.version} ${field} ${printGroup([relation])}: ${against.name} ${against.version}.`,
    where: [from, against].map(({ name }) => search.chain(name).join(' → ')).join('\n'),
    next: 'Remove one of the two from the recipe.',
  });
}

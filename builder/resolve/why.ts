import type { Relation } from '../formats/debian-relation.ts';
import type { BinaryPackage } from '../formats/packages-index.ts';
import { printGroup, Universe } from './universe.ts';

/** One package that asks for another one, and with which words. */
export interface Asks {
  readonly name: string;
  readonly field: 'Pre-Depends' | 'Depends' | 'Recommends';
  /** The alternatives, as in the field: `libc6 (>= 2.34)`. */
  readonly relation: string;
}

/** Why a package is in a set. */
export interface Why {
  readonly package: BinaryPackage;
  /** Why the first package of the chain is in; undefined when no chain was found. */
  readonly root: { readonly name: string; readonly reason: string } | undefined;
  /** From the root to the package: each asks for the next one, the last for the package itself. */
  readonly chain: readonly Asks[];
  /** Every package of the set that asks for this one. */
  readonly askedBy: readonly Asks[];
}

export interface WhyRequest {
  /** The whole set. */
  readonly packages: readonly BinaryPackage[];
  readonly architecture: string;
  /** Names that are in for a reason outside of the set, with the reason. */
  readonly roots: ReadonlyMap<string, string>;
  /** Whether recommended packages were installed. */
  readonly recommends: boolean;
}

/** The shortest chain from a root to the package `name`; undefined when it is not in the set. */
export function whyPackage(name: string, request: WhyRequest): Why | undefined {
  const universe = new Universe(request.packages, request.architecture);
  const chosen = new Map(request.packages.map((pkg) => [pkg.name, pkg]));
  const target = chosen.get(name);
  if (target === undefined) return undefined;
  const edges = edgesOf(universe, chosen, request.recommends);
  const { root, chain } = shortest(name, request.roots, edges);
  const reason = root === undefined ? undefined : request.roots.get(root);
  return {
    package: target,
    root: root === undefined || reason === undefined ? undefined : { name: root, reason },
    chain,
    askedBy: [...edges.values()].flat().flatMap(({ to, asks }) => (to === name ? [asks] : [])),
  };
}

interface Edge {
  readonly to: string;
  readonly asks: Asks;
}

function edgesOf(
  universe: Universe,
  chosen: ReadonlyMap<string, BinaryPackage>,
  recommends: boolean,
): Map<string, Edge[]> {
  const edges = new Map<string, Edge[]>();
  for (const pkg of chosen.values()) {
    const fields: [Asks['field'], string | undefined][] = [
      ['Pre-Depends', pkg.preDepends],
      ['Depends', pkg.depends],
      ...(recommends ? [['Recommends', pkg.recommends] as [Asks['field'], string | undefined]] : []),
    ];
    const found = fields.flatMap(([field, text]) =>
      universe
        .groups(text ?? '', `${pkg.name}: ${field}`)
        .flatMap((group) => edgesOfGroup(universe, chosen, pkg, field, group)),
    );
    edges.set(pkg.name, found);
  }
  return edges;
}

function edgesOfGroup(
  universe: Universe,
  chosen: ReadonlyMap<string, BinaryPackage>,
  { name }: BinaryPackage,
  field: Asks['field'],
  group: readonly Relation[],
): Edge[] {
  const met = new Set(group.flatMap((relation) => universe.satisfiers(relation, chosen)));
  return [...met].map((to) => ({ to: to.name, asks: { name, field, relation: printGroup(group) } }));
}

/** Breadth first, roots by name: the shortest chain, and always the same one. */
function shortest(
  name: string,
  roots: ReadonlyMap<string, string>,
  edges: ReadonlyMap<string, readonly Edge[]>,
): { readonly root: string | undefined; readonly chain: Asks[] } {
  const parents = new Map<string, Edge | undefined>();
  const queue = [...roots.keys()].sort();
  for (const root of queue) parents.set(root, undefined);
  for (let next = queue.shift(); next !== undefined && !parents.has(name); next = queue.shift()) {
    for (const edge of edges.get(next) ?? []) {
      if (parents.has(edge.to)) continue;
      parents.set(edge.to, edge);
      queue.push(edge.to);
    }
  }
  if (!parents.has(name)) return { root: undefined, chain: [] };
  const chain: Asks[] = [];
  let at = name;
  for (let edge = parents.get(at); edge !== undefined; edge = parents.get(at)) {
    chain.unshift(edge.asks);
    at = edge.asks.name;
  }
  return { root: at, chain };
}

/** The explanation as text. */
export function whyText(recipe: string, { package: pkg, root, chain, askedBy }: Why): string {
  const steps = chain.map(({ name, field, relation }) => `             ${name} ${field}: ${relation}`);
  return [
    `${pkg.name} ${pkg.version} (${pkg.architecture}) is in ${recipe}`,
    root === undefined
      ? '  because    no chain of dependencies leads to it'
      : `  because    ${root.name}: ${root.reason}`,
    ...steps,
    ...(askedBy.length === 0 ? ['  asked for  by no other package of the set'] : []),
    ...askedBy.map(
      ({ name, field, relation }, at) =>
        `${at === 0 ? '  asked for  ' : '             '}by ${name} (${field}: ${relation})`,
    ),
  ].join('\n');
}

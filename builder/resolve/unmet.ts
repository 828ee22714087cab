import type { BinaryPackage } from '../formats/packages-index.ts';
import { printGroup, Universe } from './universe.ts';

/** A dependency that nothing in a set meets. */
export interface Unmet {
  readonly name: string;
  /** The alternatives, as in the field. */
  readonly relation: string;
}

/** The dependencies of the packages `of`, themselves part of `packages`, that no package of the set meets. */
export function unmetDependencies(
  of: readonly string[],
  packages: readonly BinaryPackage[],
  architecture: string,
): Unmet[] {
  const universe = new Universe(packages, architecture);
  const chosen = new Map(packages.map((pkg) => [pkg.name, pkg]));
  return of.flatMap((name) => {
    const pkg = chosen.get(name);
    const groups = pkg === undefined ? [] : universe.dependencies(pkg);
    return groups
      .filter((group) => !group.some((relation) => universe.satisfiedBy(relation, chosen)))
      .map((group) => ({ name, relation: printGroup(group) }));
  });
}

import type { BinaryPackage } from '../formats/packages-index.ts';
import type { Universe } from './universe.ts';

/**
 * The chosen packages, each after those it needs. Where dependencies form a cycle it is cut at the package that
 * the walk (by name) met first. Walks with a stack of its own: chains can be thousands long.
 */
export function dependencyOrder(
  universe: Universe,
  chosen: ReadonlyMap<string, BinaryPackage>,
): BinaryPackage[] {
  const order: BinaryPackage[] = [];
  const visited = new Set<BinaryPackage>();
  const needs = (of: BinaryPackage): BinaryPackage[] =>
    universe
      .dependencies(of)
      .flatMap((group) => group.flatMap((relation) => universe.satisfiers(relation, chosen)).slice(0, 1));
  for (const [, root] of [...chosen].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const stack = [{ at: root, pending: visited.has(root) ? [] : needs(root).reverse() }];
    if (visited.has(root)) continue;
    visited.add(root);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const next = top.pending.pop();
      if (next === undefined) {
        order.push(top.at);
        stack.pop();
      } else if (!visited.has(next)) {
        visited.add(next);
        stack.push({ at: next, pending: needs(next).reverse() });
      }
    }
  }
  return order;
}

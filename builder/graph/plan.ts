import type { Sha256 } from '../../core/digest.ts';
import type { NodeCache, NodeRecord } from './cache.ts';
import { dependenciesOf, type Node } from './node.ts';

/** A node and what a build has to do about it. */
export type Step<P> =
  | { readonly node: Node<P>; readonly action: 'run' }
  | { readonly node: Node<P>; readonly action: 'cached'; readonly record: NodeRecord };

/** What a build will do: every step after those it depends on. */
export interface Plan<P> {
  readonly targets: readonly Node<P>[];
  readonly steps: readonly Step<P>[];
}

/**
 * Works out what has to run for `targets`. A node that is cached hides everything below it, so a build
 * with nothing to do looks up its targets only. Nothing is changed.
 */
export async function planBuild<P>(targets: readonly Node<P>[], cache: NodeCache): Promise<Plan<P>> {
  const records = new Map<Sha256, NodeRecord | undefined>();
  let wave = unique(targets);
  while (wave.length > 0) {
    const found = await Promise.all(wave.map((node) => cache.lookup(node.id)));
    wave.forEach((node, index) => records.set(node.id, found[index]));
    const missing = wave.filter((node) => records.get(node.id) === undefined);
    wave = unique(missing.flatMap(dependenciesOf)).filter((node) => !records.has(node.id));
  }
  const steps = inOrder(targets, (node) => records.get(node.id) === undefined).map((node): Step<P> => {
    const record = records.get(node.id);
    return record === undefined ? { node, action: 'run' } : { node, action: 'cached', record };
  });
  return { targets: unique(targets), steps };
}

/** Every node that `targets` depend on, and they themselves, each after its own dependencies. */
export function allNodes<P>(targets: readonly Node<P>[]): Node<P>[] {
  return inOrder(targets, () => true);
}

/** Depth first, in the order of the targets and inputs: the same graph gives the same order. */
function inOrder<P>(targets: readonly Node<P>[], goesBelow: (node: Node<P>) => boolean): Node<P>[] {
  const order = new Map<Sha256, Node<P>>();
  const visit = (node: Node<P>): void => {
    if (order.has(node.id)) return;
    if (goesBelow(node)) dependenciesOf(node).forEach(visit);
    order.set(node.id, node);
  };
  targets.forEach(visit);
  return [...order.values()];
}

function unique<P>(nodes: readonly Node<P>[]): Node<P>[] {
  return [...new Map(nodes.map((node) => [node.id, node])).values()];
}

import type { Sha256 } from '../../core/digest.ts';
import { AppError } from '../../core/errors.ts';
import type { EventSink } from '../../core/events.ts';
import type { NodeCache } from './cache.ts';
import { Groups } from './groups.ts';
import { dependenciesOf, slotOf, type Node } from './node.ts';
import type { Plan } from './plan.ts';
import type { Outputs } from './stage.ts';

export interface ExecuteOptions<P> {
  readonly cache: NodeCache;
  readonly ports: P;
  /** How many stages run at the same time; at least 1. */
  readonly jobs: number;
  readonly sink: EventSink;
  readonly signal: AbortSignal;
}

/** Outputs by node id. */
export type Results = ReadonlyMap<Sha256, Outputs>;

/**
 * Carries out a plan: stages whose inputs are there run in parallel, at most `jobs` at a time, in the
 * order of the plan. The first failure or an abort stops the others by their signal; it is thrown when all
 * of them have come to rest. What was finished before stays recorded, so the next build goes on from there.
 */
export async function execute<P>(plan: Plan<P>, options: ExecuteOptions<P>): Promise<Results> {
  const results = new Map<Sha256, Outputs>();
  const groups = new Groups(plan, options.sink);
  const waiting = new Set<Node<P>>();
  for (const step of plan.steps) {
    if (step.action === 'run') waiting.add(step.node);
    else {
      results.set(step.node.id, step.record.outputs);
      groups.cached(step.node);
    }
  }
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const running = new Map<Sha256, Promise<void>>();
  const failures: unknown[] = [];

  const start = (node: Node<P>): void => {
    waiting.delete(node);
    const work = runNode(node, results, groups, { ...options, signal })
      .catch((error: unknown) => {
        failures.push(error);
        stop.abort(error);
      })
      .finally(() => running.delete(node.id));
    running.set(node.id, work);
  };

  for (;;) {
    if (!signal.aborted) {
      const ready = [...waiting].filter((node) => dependenciesOf(node).every(({ id }) => results.has(id)));
      ready.slice(0, Math.max(0, options.jobs - running.size)).forEach(start);
    }
    if (running.size === 0) break;
    await Promise.race(running.values());
  }
  groups.end();
  if (failures.length > 0) throw failures[0];
  if (options.signal.aborted) throw options.signal.reason;
  return results;
}

async function runNode<P>(
  node: Node<P>,
  results: Map<Sha256, Outputs>,
  groups: Groups,
  { cache, ports, sink, signal }: ExecuteOptions<P>,
): Promise<void> {
  const { id, title } = node;
  sink({ type: 'started', id, title, parent: groups.begin(node) });
  try {
    const outputs = await node.run({
      inputs: Object.fromEntries(
        Object.entries(node.inputs).map(([name, input]) => [name, resultOf(results, input)]),
      ),
      toolbox: node.toolbox === undefined ? undefined : resultOf(results, node.toolbox),
      signal,
      sink,
      ports,
    });
    await cache.record({ id, definition: node.definition, outputs }, slotOf(node));
    results.set(id, outputs);
  } catch (error) {
    // Who was stopped did not fail: only the first failure is news.
    if (signal.aborted) sink({ type: 'finished', id, outcome: 'skipped', detail: 'stopped' });
    else {
      sink({ type: 'failed', id, message: error instanceof Error ? error.message : String(error) });
      groups.failed(node);
    }
    throw error;
  }
  sink({ type: 'finished', id, outcome: 'done' });
  groups.done(node);
}

/** The outputs of a node that has run or was cached. Throws an `AppError` of kind `bug` otherwise. */
export function resultOf(results: Results, node: Pick<Node<never>, 'id' | 'title' | 'recipe'>): Outputs {
  const outputs = results.get(node.id);
  if (outputs !== undefined) return outputs;
  throw new AppError({
    kind: 'bug',
    code: 'graph.missing',
    what: `the outputs of “${node.title}” are not there`,
    where: `${node.recipe}, node ${node.id}`,
  });
}

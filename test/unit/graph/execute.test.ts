import { describe, expect, it } from 'vitest';
import { sha256, type Sha256 } from '../../../core/digest.ts';
import type { Event } from '../../../core/events.ts';
import type { NodeCache, NodeRecord } from '../../../builder/graph/cache.ts';
import { execute } from '../../../builder/graph/execute.ts';
import { defineNode, slotOf, type Node } from '../../../builder/graph/node.ts';
import { allNodes, planBuild } from '../../../builder/graph/plan.ts';
import { defineStage, type Outputs } from '../../../builder/graph/stage.ts';

interface Ports {
  readonly log: string[];
  gate?(name: string, signal: AbortSignal): Promise<void>;
}

/** A stage whose only output says its name and what it was made from. */
const echo = defineStage<{ name: string }, Ports>({
  name: 'echo',
  version: 1,
  async run({ options, inputs, toolbox, signal, ports }) {
    ports.log.push(`+${options.name}`);
    await ports.gate?.(options.name, signal);
    ports.log.push(`-${options.name}`);
    const text = JSON.stringify([options.name, inputs, toolbox]);
    return { it: { sha256: sha256(text), size: text.length } };
  },
});

function node(name: string, inputs: Record<string, Node<Ports>> = {}, toolbox?: Node<Ports>): Node<Ports> {
  return defineNode(echo, { recipe: 'r', title: name, options: { name }, inputs, toolbox, epoch: 1 });
}

function memoryCache(): NodeCache & { records: Map<Sha256, NodeRecord> } {
  const records = new Map<Sha256, NodeRecord>();
  const slots = new Map<string, NodeRecord>();
  return {
    records,
    lookup: (id) => Promise.resolve(records.get(id)),
    record: (record, slot) => {
      records.set(record.id, record);
      slots.set(slot, record);
      return Promise.resolve();
    },
    last: (slot) => Promise.resolve(slots.get(slot)),
  };
}

async function build(
  targets: Node<Ports>[],
  cache: NodeCache,
  options: { jobs?: number; gate?: Ports['gate']; signal?: AbortSignal } = {},
): Promise<{ log: string[]; events: Event[]; results: ReadonlyMap<Sha256, Outputs> }> {
  const log: string[] = [];
  const events: Event[] = [];
  const results = await execute(await planBuild(targets, cache), {
    cache,
    jobs: options.jobs ?? 4,
    ports: { log, ...(options.gate === undefined ? {} : { gate: options.gate }) },
    sink: (event) => events.push(event),
    signal: options.signal ?? new AbortController().signal,
  });
  return { log, events, results };
}

describe('execute', () => {
  it('runs every node after the nodes it depends on, and hands their outputs over', async () => {
    const tools = node('tools');
    const a = node('a', {}, tools);
    const b = node('b', { from: a }, tools);
    const { log, results } = await build([b], memoryCache());
    expect(log).toEqual(['+tools', '-tools', '+a', '-a', '+b', '-b']);
    const text = JSON.stringify(['b', { from: results.get(a.id) }, results.get(tools.id)]);
    expect(results.get(b.id)).toEqual({ it: { sha256: sha256(text), size: text.length } });
  });

  it('runs independent nodes at the same time, but no more than asked for', async () => {
    const leaves = ['a', 'b', 'c', 'd', 'e'].map((name) => node(name));
    const top = node('top', Object.fromEntries(leaves.map((leaf) => [leaf.title, leaf])));
    let now = 0;
    let most = 0;
    const gate = async (): Promise<void> => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
    };
    await build([top], memoryCache(), { jobs: 3, gate });
    expect(most).toBe(3);
    most = 0;
    await build([top], memoryCache(), { jobs: 1, gate });
    expect(most).toBe(1);
  });

  it('does nothing for cached targets, and does not even look below them', async () => {
    const cache = memoryCache();
    const a = node('a');
    const b = node('b', { a });
    await build([b], cache);
    cache.records.delete(a.id);
    const { log, results, events } = await build([b], cache);
    expect(log).toEqual([]);
    expect(results.has(b.id)).toBe(true);
    expect(events).toContainEqual({ type: 'finished', id: 'recipe:r', outcome: 'cached' });
  });

  it('stops the others at the first failure, throws it, and goes on from there next time', async () => {
    const cache = memoryCache();
    const [first, bad, slow] = [node('first'), node('bad'), node('slow')];
    const last = node('last', { first, bad, slow });
    let failing = true;
    const gate = async (name: string, signal: AbortSignal): Promise<void> => {
      await new Promise((resolve) => setImmediate(resolve));
      if (name === 'bad' && failing) {
        await new Promise((resolve) => setImmediate(resolve));
        throw new Error('no luck');
      }
      if (name === 'slow' && failing) {
        await new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            reject(new Error('aborted'));
          });
        });
      }
    };
    await expect(build([last], cache, { gate })).rejects.toThrow('no luck');
    expect([...cache.records.keys()]).toEqual([first.id]);
    failing = false;
    const { log } = await build([last], cache, { gate });
    expect(log.filter((line) => line.startsWith('+'))).toEqual(['+bad', '+slow', '+last']);
  });

  it('starts nothing more after an abort from outside', async () => {
    const control = new AbortController();
    const a = node('a');
    const b = node('b', { a });
    const cache = memoryCache();
    const gate = (): Promise<void> => {
      control.abort();
      return Promise.resolve();
    };
    await expect(build([b], cache, { gate, signal: control.signal })).rejects.toThrow(/aborted/);
    expect([...cache.records.keys()]).toEqual([a.id]);
  });

  it('tells who failed from who was only stopped', async () => {
    const [bad, slow] = [node('bad'), node('slow')];
    const events: Event[] = [];
    const gate = async (name: string, signal: AbortSignal): Promise<void> => {
      if (name === 'bad') throw new Error('no luck');
      await new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          reject(new Error('aborted'));
        });
      });
    };
    const cache = memoryCache();
    const plan = await planBuild([slow, bad], cache);
    const { signal } = new AbortController();
    const running = execute(plan, {
      cache,
      jobs: 2,
      ports: { log: [], gate },
      signal,
      sink: (e) => events.push(e),
    });
    await expect(running).rejects.toThrow('no luck');
    expect(events.slice(-3)).toEqual([
      { type: 'failed', id: bad.id, message: 'no luck' },
      { type: 'failed', id: 'recipe:r', message: 'r' },
      { type: 'finished', id: slow.id, outcome: 'skipped', detail: 'stopped' },
    ]);
  });

  it('tells of each node under the heading of its recipe', async () => {
    const { events } = await build([node('a')], memoryCache());
    expect(events.map((event) => [event.type, 'id' in event ? event.id.slice(0, 8) : ''])).toEqual([
      ['started', 'recipe:r'],
      ['started', node('a').id.slice(0, 8)],
      ['finished', node('a').id.slice(0, 8)],
      ['finished', 'recipe:r'],
    ]);
  });
});

describe('nodes', () => {
  it('have ids of what their result depends on, and of nothing else', () => {
    const base = { recipe: 'r', title: 't', options: { name: 'x' }, epoch: 1 };
    const { id } = defineNode(echo, base);
    expect(defineNode(echo, { ...base, recipe: 'other', title: 'other' }).id).toBe(id);
    const others = [
      defineNode({ ...echo, version: 2 }, base),
      defineNode({ ...echo, name: 'e' }, base),
      defineNode(echo, { ...base, options: { name: 'y' } }),
      defineNode(echo, { ...base, epoch: 2 }),
      defineNode(echo, { ...base, inputs: { a: node('a') } }),
      defineNode(echo, { ...base, inputs: { b: node('a') } }),
      defineNode(echo, { ...base, toolbox: node('a') }),
    ].map((other) => other.id);
    expect(new Set([id, ...others]).size).toBe(others.length + 1);
  });

  it('appear once in a plan, however many others need them', () => {
    const shared = node('shared');
    const top = node('top', { a: node('a', { shared }), b: node('b', { shared }) }, shared);
    expect(allNodes([top, shared]).map(({ title }) => title)).toEqual(['shared', 'a', 'b', 'top']);
    expect(slotOf(top)).toBe('r/echo/top');
  });
});

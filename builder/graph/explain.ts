import { canonicalJson, type Sha256 } from '../../core/digest.ts';
import type { NodeCache, NodeRecord } from './cache.ts';
import { slotOf, type Node, type NodeDefinition } from './node.ts';
import { allNodes } from './plan.ts';

/** One thing that differs from the last build of a node. Values are canonical JSON, undefined where absent. */
export interface Change {
  /** For example `options.packages.3`, `inputs.rootfs`, `toolbox`, `version`. */
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/**
 * Why a node is as it is. `cached`: its result is there. `changed`: it was built before, from something
 * else. `lost`: the same was built before, but its result is gone. `new`: never built.
 */
export interface Explanation {
  readonly id: Sha256;
  readonly title: string;
  readonly recipe: string;
  readonly stage: string;
  readonly state: 'cached' | 'changed' | 'lost' | 'new';
  readonly changes: readonly Change[];
  /** Titles of the changed inputs' nodes, by the path of the change. */
  readonly because: Readonly<Record<string, string>>;
}

/** Explains every node that the targets depend on, in the order of a build. */
export async function explainNodes(
  targets: readonly Node<never>[],
  cache: NodeCache,
): Promise<Explanation[]> {
  return Promise.all(
    allNodes(targets).map(async (node) => {
      const [found, last] = await Promise.all([cache.lookup(node.id), cache.last(slotOf(node))]);
      return explain(node, found, last);
    }),
  );
}

function explain(
  node: Node<never>,
  found: NodeRecord | undefined,
  last: NodeRecord | undefined,
): Explanation {
  const { id, title, recipe, definition } = node;
  const about = { id, title, recipe, stage: definition.stage };
  if (found !== undefined) return { ...about, state: 'cached', changes: [], because: {} };
  if (last === undefined) return { ...about, state: 'new', changes: [], because: {} };
  if (last.id === id) return { ...about, state: 'lost', changes: [], because: {} };
  const changes = compareDefinitions(last.definition, definition);
  const because = Object.fromEntries(
    changes.flatMap(({ path }) => {
      const input = path === 'toolbox' ? node.toolbox : node.inputs[path.replace(/^inputs\./, '')];
      return input === undefined ? [] : [[path, input.title]];
    }),
  );
  return { ...about, state: 'changed', changes, because };
}

/** The members in which two definitions differ, by path, sorted. Lists of texts are compared as sets first. */
export function compareDefinitions(before: NodeDefinition, after: NodeDefinition): Change[] {
  const [old, now] = [flatten(before), flatten(after)];
  const paths = [...new Set([...old.keys(), ...now.keys()])].sort();
  const changes = paths.flatMap((path) => {
    const change = { path, before: old.get(path), after: now.get(path) };
    return change.before === change.after ? [] : [change];
  });
  const differ = canonicalJson(before) !== canonicalJson(after);
  return changes.length === 0 && differ
    ? [{ path: 'order of a list', before: '[…]', after: '[…]' }]
    : changes;
}

/** Leaves of a value by their dotted paths. */
function flatten(value: unknown, path = '', into = new Map<string, string>()): Map<string, string> {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) {
    if (value !== undefined) into.set(path, canonicalJson(value));
    return into;
  }
  const isTextList = Array.isArray(value) && value.every((item) => typeof item === 'string');
  for (const [name, member] of Object.entries(value)) {
    const key = isTextList ? `[${String(member)}]` : name;
    flatten(member, path === '' ? key : `${path}.${key}`, into);
  }
  return into;
}

const SHORT = 12;

/** Explanations as text: one line a node, and one for each thing that changed. */
export function explanationText(explanations: readonly Explanation[], maxChanges = 8): string {
  return explanations
    .flatMap(({ id, recipe, title, stage, state, changes, because }) => [
      `${state.padEnd(7)} ${recipe} · ${title} [${stage} ${id.slice(0, SHORT)}]`,
      ...changes
        .slice(0, maxChanges)
        .map((change) => `          ${changeText(change, because[change.path])}`),
      ...(changes.length > maxChanges ? [`          and ${changes.length - maxChanges} more`] : []),
    ])
    .join('\n');
}

function changeText({ path, before, after }: Change, input: string | undefined): string {
  if (input !== undefined) return `${path}: “${input}” is another`;
  if (before === undefined) return `${path} is new: ${brief(after)}`;
  if (after === undefined) return `${path} is gone: ${brief(before)}`;
  return `${path}: ${brief(before)} → ${brief(after)}`;
}

function brief(json: string | undefined): string {
  const text = json ?? '';
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

import type { Entry, Tree } from './tree.ts';

/** Keys that say something about one recipe only, so that they are not inherited. */
const OWN_KEYS = new Set(['extends', 'description']);

/**
 * `child` laid over `parent`: maps are merged key by key, lists appended, scalars replaced. A scalar that
 * a list already holds is not appended again. Each part keeps the place where it was written.
 */
export function mergeTrees(parent: Tree, child: Tree): Tree {
  if (parent.type === 'map' && child.type === 'map') {
    const entries = new Map<string, Entry>(parent.entries);
    for (const [name, entry] of child.entries) {
      const inherited = entries.get(name);
      entries.set(
        name,
        inherited === undefined ? entry : { key: entry.key, value: mergeTrees(inherited.value, entry.value) },
      );
    }
    return { type: 'map', place: child.place, entries };
  }
  if (parent.type === 'list' && child.type === 'list') {
    const known = new Set(parent.items.map(scalarOf));
    const added = child.items.filter((item) => item.type !== 'scalar' || !known.has(item.value));
    return { type: 'list', place: child.place, items: [...parent.items, ...added] };
  }
  return child;
}

/** The chain from the outermost ancestor to the recipe itself as one tree. */
export function mergeChain(chain: readonly [Tree, ...Tree[]]): Tree {
  const [first, ...rest] = chain;
  return rest.reduce<Tree>((merged, tree) => mergeTrees(withoutOwnKeys(merged), tree), first);
}

function withoutOwnKeys(tree: Tree): Tree {
  if (tree.type !== 'map') return tree;
  return { ...tree, entries: new Map([...tree.entries].filter(([name]) => !OWN_KEYS.has(name))) };
}

function scalarOf(tree: Tree): unknown {
  return tree.type === 'scalar' ? tree.value : tree;
}

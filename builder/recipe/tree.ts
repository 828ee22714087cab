import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type ParsedNode } from 'yaml';

/** A position in a recipe file; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** YAML data that remembers where each part was written, also after merging. */
export type Tree =
  | { readonly type: 'map'; readonly place: Place; readonly entries: ReadonlyMap<string, Entry> }
  | { readonly type: 'list'; readonly place: Place; readonly items: readonly Tree[] }
  | { readonly type: 'scalar'; readonly place: Place; readonly value: unknown };

/** One member of a map: where its name stands, and its value. */
export interface Entry {
  readonly key: Place;
  readonly value: Tree;
}

/** Something wrong in a recipe. */
export interface Finding {
  readonly place: Place;
  readonly message: string;
  /** What to write instead, when we have an idea. */
  readonly hint?: string | undefined;
}

/**
 * Reads one YAML 1.2 document. Aliases and tags are refused: a recipe is plain data. Findings come back
 * instead of being thrown; `tree` is undefined when the text is no YAML map.
 */
export function parseTree(file: string, text: string): { tree: Tree | undefined; findings: Finding[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const findings: Finding[] = document.errors.map((error) => ({
    place: at(error.pos[0]),
    message: error.code === 'DUPLICATE_KEY' ? 'this key stands twice in the same map' : error.message,
  }));
  if (findings.length > 0) return { tree: undefined, findings };
  const tree = convert(document.contents, at, findings);
  if (tree?.type !== 'map' && findings.length === 0) {
    findings.push({ place: tree?.place ?? at(0), message: 'a recipe is a map of keys and values' });
  }
  return { tree: tree?.type === 'map' ? tree : undefined, findings };
}

function convert(
  node: ParsedNode | null,
  at: (offset: number) => Place,
  findings: Finding[],
): Tree | undefined {
  if (node === null) return undefined;
  const place = at(node.range[0]);
  if (isAlias(node)) {
    findings.push({ place, message: 'recipes have no aliases', hint: 'write the value out, or use extends' });
    return undefined;
  }
  if (isMap(node)) {
    const entries = new Map<string, Entry>();
    for (const pair of node.items) {
      const key = at(pair.key.range[0]);
      if (!isScalar(pair.key) || typeof pair.key.value !== 'string') {
        findings.push({ place: key, message: 'a key is a plain word' });
        continue;
      }
      const value = convert(pair.value, at, findings);
      entries.set(pair.key.value, { key, value: value ?? { type: 'scalar', place: key, value: null } });
    }
    return { type: 'map', place, entries };
  }
  if (isSeq(node)) {
    const items = node.items.map(
      (item) => convert(item, at, findings) ?? { type: 'scalar' as const, place, value: null },
    );
    return { type: 'list', place, items };
  }
  return { type: 'scalar', place, value: node.value };
}

/** The plain value of a tree. */
export function valueOf(tree: Tree): unknown {
  if (tree.type === 'scalar') return tree.value;
  if (tree.type === 'list') return tree.items.map(valueOf);
  // Without a prototype, so that a key named __proto__ is a key like any other.
  const result = Object.create(null) as Record<string, unknown>;
  for (const [name, { value }] of tree.entries) result[name] = valueOf(value);
  return result;
}

/** The part at `path` that exists and is nearest to it. */
export function placeOf(tree: Tree, path: readonly PropertyKey[]): Place {
  let current = tree;
  for (const part of path) {
    const next = childOf(current, part);
    if (next === undefined) break;
    current = next;
  }
  return current.place;
}

/** The position of the name `key` of the map at `path`. */
export function keyPlaceOf(tree: Tree, path: readonly PropertyKey[], key: string): Place {
  let current: Tree | undefined = tree;
  for (const part of path) current = current === undefined ? undefined : childOf(current, part);
  const entry = current?.type === 'map' ? current.entries.get(key) : undefined;
  return entry?.key ?? placeOf(tree, path);
}

export function childOf(tree: Tree, part: PropertyKey): Tree | undefined {
  if (tree.type === 'map') return tree.entries.get(String(part))?.value;
  if (tree.type === 'list' && typeof part === 'number') return tree.items[part];
  return undefined;
}

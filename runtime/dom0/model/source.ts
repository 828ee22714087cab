import { AppError } from '../../../core/errors.ts';
import { isMap, isNode, isPair, isScalar, LineCounter, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { qubesSchema } from './schema.ts';
import type { QubesFile } from './schema.ts';

export type Path = readonly (string | number)[];

/** A checked file together with the text it came from, so that findings can name a line. */
export interface Source {
  readonly name: string;
  readonly file: QubesFile;
  readonly document: Document.Parsed;
  /** `name:line:column` of the entry at `path`, or of its nearest parent that stands in the text. */
  readonly locate: (path: Path) => string;
}

/** No honest file comes near it; a larger one only costs memory. */
const MAX_LENGTH = 1024 * 1024;

/**
 * Reads `qubes.yaml`. `name` is what messages call the file.
 * @throws AppError `qubes.yaml` (not YAML) or `qubes.schema` (all wrong fields, each with its line).
 */
export function parseQubes(text: string, name: string): Source {
  if (text.length > MAX_LENGTH) throw tooLarge(name);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, strict: true, uniqueKeys: true });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  const [broken] = document.errors;
  if (broken !== undefined) throw notYaml(at(broken.pos[0]), broken.message);
  const locate = (path: Path): string => at(offsetOf(document, path));
  const parsed = qubesSchema.safeParse(plain(document, name));
  if (parsed.success) return { name, file: parsed.data, document, locate };
  const problems = parsed.error.issues.map(
    (issue) => `${locate(issue.path.map(asKey))}: ${issue.path.join('.')}: ${issue.message}`,
  );
  throw new AppError({
    kind: 'recipe',
    code: 'qubes.schema',
    what: `${name} does not describe qubes: ${problems.length} wrong ${problems.length === 1 ? 'entry' : 'entries'}`,
    where: problems.join('\n'),
    expected: 'the fields of docs/qubes.md',
    next: `edit ${name}, then \`qube check\``,
  });
}

function tooLarge(name: string): AppError {
  return new AppError({
    kind: 'recipe',
    code: 'qubes.size',
    what: `${name} is larger than any file of ours`,
    where: name,
    expected: `at most ${MAX_LENGTH} characters`,
    next: `check that ${name} is the right file`,
  });
}

function notYaml(where: string, detail: string): AppError {
  return new AppError({
    kind: 'recipe',
    code: 'qubes.yaml',
    what: 'the file is not YAML',
    where,
    got: detail,
    next: 'mend that line, then `qube check`',
  });
}

/** The document as plain data; aliases are few in any honest file, so a bomb is refused. */
function plain(document: Document.Parsed, name: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 20 });
  } catch (error) {
    throw notYaml(name, error instanceof Error ? error.message : String(error));
  }
}

function asKey(part: PropertyKey): string | number {
  return typeof part === 'symbol' ? String(part) : part;
}

/** Where the deepest known part of `path` begins: the key of a mapping, the item of a list. */
function offsetOf(document: Document.Parsed, path: Path): number {
  let offset = 0;
  for (let depth = 1; depth <= path.length; depth += 1) {
    const parent = document.getIn(path.slice(0, depth - 1), true);
    const key = path[depth - 1];
    const pair = isMap(parent)
      ? parent.items.find((item) => isPair(item) && keyText(item.key) === key)
      : undefined;
    const node = pair === undefined ? document.getIn(path.slice(0, depth), true) : pair.key;
    if (!isNode(node) || !node.range) break;
    offset = node.range[0];
  }
  return offset;
}

function keyText(key: unknown): unknown {
  return isScalar(key) ? String(key.value) : key;
}

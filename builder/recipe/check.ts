import type { z } from 'zod';
import { nearest } from '../../core/nearest.ts';
import { knownKeys } from './known-keys.ts';
import { keyPlaceOf, placeOf, valueOf, type Finding, type Tree } from './tree.ts';

/** Checks a merged tree against a schema. Every deviation is a finding with the place where it was written. */
export function checkTree<S extends z.ZodType>(
  schema: S,
  tree: Tree,
): { value: z.output<S>; findings: [] } | { value: undefined; findings: Finding[] } {
  const input = valueOf(tree);
  const result = schema.safeParse(input);
  if (result.success) return { value: result.data, findings: [] };
  return {
    value: undefined,
    findings: result.error.issues.flatMap((issue) => explain(schema, tree, input, issue)),
  };
}

function explain(schema: z.ZodType, tree: Tree, input: unknown, issue: z.core.$ZodIssue): Finding[] {
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    return closest(issue.errors).flatMap((inner) =>
      explain(schema, tree, input, { ...inner, path: [...issue.path, ...inner.path] }),
    );
  }
  const path = issue.path.join('.');
  const place = placeOf(tree, issue.path);
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schema, input, issue.path);
    return issue.keys.map((key) => ({
      place: keyPlaceOf(tree, issue.path, key),
      message: `unknown key ${[...issue.path, key].join('.')}`,
      hint: hintFor(key, known),
    }));
  }
  const got = at(input, issue.path);
  if (got === undefined) return [{ place, message: `${path} is missing`, hint: expectedBy(issue) }];
  const allowed = allowedBy(issue);
  if (allowed !== undefined) {
    const message = `${path} cannot be ${describe(got)}`;
    return [{ place, message, hint: hintFor(typeof got === 'string' ? got : '', allowed) }];
  }
  if (issue.code === 'invalid_type') {
    return [{ place, message: `${path} must be ${article(issue.expected)}, not ${describe(got)}` }];
  }
  if (issue.code === 'too_small') return [{ place, message: `${path} must have at least ${issue.minimum}` }];
  return [{ place, message: `${path}: ${issue.message}` }];
}

/** What is wrong with a value by the alternative that it comes nearest to: one of its own type, with few mistakes. */
function closest(alternatives: readonly z.core.$ZodIssue[][]): z.core.$ZodIssue[] {
  const distance = (issues: readonly z.core.$ZodIssue[]): number =>
    issues.reduce((sum, issue) => {
      if (issue.code === 'unrecognized_keys') return sum + issue.keys.length;
      return sum + (issue.path.length === 0 && issue.code === 'invalid_type' ? 100 : 1);
    }, 0);
  return [...alternatives].sort((a, b) => distance(a) - distance(b))[0] ?? [];
}

function hintFor(word: string, known: readonly string[]): string | undefined {
  const near = nearest(word, known);
  if (near !== undefined) return `did you mean ${near}?`;
  return known.length === 0 ? undefined : `known: ${known.join(', ')}`;
}

function expectedBy(issue: z.core.$ZodIssue): string | undefined {
  if (issue.code === 'invalid_type') return `give ${article(issue.expected)}`;
  const allowed = allowedBy(issue);
  return allowed === undefined ? undefined : `one of: ${allowed.join(', ')}`;
}

/** The values that a choice offers. */
function allowedBy(issue: z.core.$ZodIssue): string[] | undefined {
  if (issue.code === 'invalid_value') return issue.values.map(String);
  if (issue.code === 'invalid_union' && 'options' in issue) return issue.options.map(String);
  return undefined;
}

const NAMES: Record<string, string> = {
  object: 'a map',
  record: 'a map',
  array: 'a list',
  string: 'text',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
};

function article(expected: string): string {
  return NAMES[expected] ?? expected;
}

function describe(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a map' : JSON.stringify(value);
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (current, part) =>
      typeof current === 'object' && current !== null
        ? (current as Record<PropertyKey, unknown>)[part]
        : undefined,
    value,
  );
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../core/errors.ts';
import { loadRecipe } from '../../../builder/recipe/load.ts';
import { mergeTrees } from '../../../builder/recipe/merge.ts';
import { parseTree, valueOf, type Tree } from '../../../builder/recipe/tree.ts';
import { memoryRecipes, SMALL, SMALL_FILES } from '../../support/recipes.ts';
import { stringify } from 'yaml';

const KNOWN_KEYS = [
  ...[
    'name',
    'kind',
    'extends',
    'family',
    'packages',
    'install',
    'variant',
    'repositories',
    'suites',
    'keys',
  ],
  ...['image', 'size', 'options', 'files', 'source', 'target', 'system', 'users', 'outputs', '__proto__'],
];

/** Values of every shape, under the names that recipes know and under others. */
const value = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.constantFrom('debian', 'template'),
    ),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...KNOWN_KEYS), fc.string()), tie('any'), { maxKeys: 6 }),
  ),
})).any;

async function load(text: string): Promise<void> {
  const source = memoryRecipes({ ...SMALL, template: text }, SMALL_FILES);
  try {
    await loadRecipe(source, 'template');
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).kind).toBe('recipe');
  }
}

describe('loadRecipe', () => {
  it('answers any text with a recipe or an error of ours', async () => {
    await fc.assert(fc.asyncProperty(fc.string({ maxLength: 200 }), load), { numRuns: 500 });
  });

  it('answers any structure with a recipe or an error of ours', async () => {
    const structured = fc
      .dictionary(fc.constantFrom(...KNOWN_KEYS), value)
      .map((one) => stringify({ name: 'template', kind: 'template', ...one }));
    await fc.assert(fc.asyncProperty(structured, load), { numRuns: 500 });
  });

  it('answers any cut or changed recipe with a recipe or an error of ours', async () => {
    const { template } = SMALL;
    const changed = fc
      .record({ from: fc.nat(template.length), cut: fc.nat(12), put: fc.string({ maxLength: 6 }) })
      .map(({ from, cut, put }) => template.slice(0, from) + put + template.slice(from + cut));
    await fc.assert(fc.asyncProperty(changed, load), { numRuns: 500 });
  });
});

function tree(of: unknown): Tree {
  const { tree: parsed } = parseTree('x.yaml', stringify({ root: of }));
  if (parsed === undefined) throw new Error('not parsed');
  return parsed;
}

describe('merging', () => {
  it('keeps what only one side says, and takes the child where both speak', () => {
    const scalars = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer());
    fc.assert(
      fc.property(scalars, scalars, (parent, child) => {
        expect(valueOf(mergeTrees(tree(parent), tree(child)))).toEqual({ root: { ...parent, ...child } });
      }),
    );
  });

  it('appends lists without repeating what is there', () => {
    const list = fc.uniqueArray(fc.integer({ min: 0, max: 9 }));
    fc.assert(
      fc.property(list, list, (parent, child) => {
        const merged = valueOf(mergeTrees(tree(parent), tree(child))) as { root: number[] };
        expect(merged.root).toEqual([...new Set([...parent, ...child])]);
      }),
    );
  });

  it('gives the same whichever of three is merged first', () => {
    const shape = fc.dictionary(
      fc.constantFrom('a', 'b', 'c'),
      fc.record({ list: fc.uniqueArray(fc.nat(5)), one: fc.nat(5) }, { requiredKeys: [] }),
    );
    fc.assert(
      fc.property(shape, shape, shape, (a, b, c) => {
        const left = mergeTrees(mergeTrees(tree(a), tree(b)), tree(c));
        const right = mergeTrees(tree(a), mergeTrees(tree(b), tree(c)));
        expect(valueOf(left)).toEqual(valueOf(right));
      }),
    );
  });
});

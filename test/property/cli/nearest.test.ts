import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearest } from '../../../core/nearest.ts';

const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 7 });

describe('editDistance', () => {
  it('is a distance: zero for the same, symmetric, never more than the longer word', () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b);
        expect(distance === 0).toBe(a === b);
        expect(editDistance(b, a)).toBe(distance);
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
        expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
      }),
    );
  });

  it.each([
    ['ab', 'ba', 1],
    ['pakages', 'packages', 1],
    ['kitten', 'sitting', 3],
    ['ca', 'abc', 3],
    ['', 'abc', 3],
  ])('of %s and %s is %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
  });

  it('is one for each slip of the finger', () => {
    fc.assert(
      fc.property(word, fc.nat(6), fc.constantFrom('a', 'b', 'c'), (text, at, letter) => {
        const i = Math.min(at, text.length);
        expect(editDistance(text, text.slice(0, i) + letter + text.slice(i))).toBe(1);
      }),
    );
  });
});

describe('nearest', () => {
  const known = ['build', 'verify', 'explain', 'doctor'];
  it.each([
    ['biuld', 'build'],
    ['Verify', 'verify'],
    ['docter', 'doctor'],
  ])('finds that %s means %s', (typed, meant) => {
    expect(nearest(typed, known)).toBe(meant);
  });

  it('has no idea what something else means', () => {
    expect(nearest('frobnicate', known)).toBeUndefined();
    expect(nearest('', known)).toBeUndefined();
  });
});

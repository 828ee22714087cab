import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compareEvr, parseEvr } from '../../builder/formats/rpm-version.ts';

/** Made by scripts/golden-rpm-versions.py from librpm. */
const pairs = readFileSync(new URL('rpm-versions.txt', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => line.split(' ') as [string, string, '<' | '=' | '>']);

describe('the order of RPM versions', () => {
  it('is that of librpm for every pair of the table', () => {
    expect(pairs.length).toBe(4000);
    const differing = pairs.filter(([a, b, order]) => {
      const ours = compareEvr(parseEvr(a)!, parseEvr(b)!);
      const reversed = compareEvr(parseEvr(b)!, parseEvr(a)!);
      return ours !== { '<': -1, '=': 0, '>': 1 }[order] || reversed !== (0 - ours || 0);
    });
    expect(differing).toEqual([]);
  });
});

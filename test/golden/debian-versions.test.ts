import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compareDebianVersions } from '../../builder/formats/debian-version.ts';

/** Made by scripts/golden-debian-versions.sh from dpkg. */
const pairs = readFileSync(new URL('debian-versions.txt', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => line.split(' ') as [string, string, '<' | '=' | '>']);

describe('the order of Debian versions', () => {
  it('is that of dpkg for every pair of the table', () => {
    expect(pairs.length).toBeGreaterThan(3000);
    const differing = pairs.filter(([a, b, order]) => {
      const ours = compareDebianVersions(a, b);
      return ours !== { '<': -1, '=': 0, '>': 1 }[order] || compareDebianVersions(b, a) !== (0 - ours || 0);
    });
    expect(differing).toEqual([]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDeb822Fields, printDeb822, parseDeb822 } from '../../../builder/formats/deb822.ts';
import { parseRelations, printRelation, satisfies } from '../../../builder/formats/debian-relation.ts';
import { compareDebianVersions, parseDebianVersion } from '../../../builder/formats/debian-version.ts';
import { parsePackagesIndex } from '../../../builder/formats/packages-index.ts';
import { parseRelease } from '../../../builder/formats/release.ts';
import { parseSourcesIndex } from '../../../builder/formats/sources-index.ts';
import { parseControl } from '../../../builder/formats/deb.ts';
import { debianVersion, mutated, oneOf, packageName } from '../../support/arbitraries.ts';
import { packagesText, releaseText, sourcesText } from '../../support/debian-samples.ts';
import { onlyAppErrors } from '../../support/only-app-errors.ts';

const RUNS = { numRuns: 2000 };
/** Text in which the characters with a meaning are common. */
const noise = fc.string({
  unit: oneOf('aA0-+.~:|,()[]<>=! \t\n\r#\0é\u2028'),
  maxLength: 60,
});

describe('deb822', () => {
  const line = fc.string({ unit: oneOf('ab:#- .é'), minLength: 1 }).filter((s) => s.trim() !== '');
  const value = fc
    .tuple(
      line.map((s) => s.trim()),
      fc.array(line, { maxLength: 3 }),
    )
    .map(([first, rest]) => [first, ...rest].join('\n'));
  const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,12}$/);
  const stanza = fc.uniqueArray(fc.tuple(name, value), {
    minLength: 1,
    selector: ([key]) => key.toLowerCase(),
  });

  it('reads back what it prints', () => {
    fc.assert(
      fc.property(fc.array(stanza, { minLength: 1, maxLength: 4 }), (stanzas) => {
        const text = stanzas.map(printDeb822).join('\n');
        expect(parseDeb822Fields(text, 'f')).toEqual(stanzas);
      }),
      RUNS,
    );
  });

  it('throws nothing but our errors', () => {
    fc.assert(
      fc.property(noise, (text) => {
        onlyAppErrors(() => parseDeb822(text, 'f'));
        onlyAppErrors(() => parseControl(text));
      }),
      RUNS,
    );
  });
});

describe('Debian versions', () => {
  it('are in a total order', () => {
    fc.assert(
      fc.property(debianVersion, debianVersion, debianVersion, (a, b, c) => {
        expect(compareDebianVersions(a, a)).toBe(0);
        expect(compareDebianVersions(a, b) + compareDebianVersions(b, a)).toBe(0);
        const [x = a, y = b, z = c] = [a, b, c].sort(compareDebianVersions);
        expect(
          [x, y, z].every((v, i, all) => i === 0 || compareDebianVersions(all[i - 1] ?? v, v) <= 0),
        ).toBe(true);
        expect(compareDebianVersions(x, z)).toBeLessThanOrEqual(0);
      }),
      RUNS,
    );
  });

  it('sort a suffix with a tilde before the version, and any other after it', () => {
    fc.assert(
      fc.property(debianVersion, (version) => {
        expect(compareDebianVersions(`${version}~`, version)).toBe(-1);
        expect(compareDebianVersions(`${version}+b`, version)).toBe(1);
      }),
      RUNS,
    );
  });

  it('throw nothing but our errors, and survive parsing', () => {
    fc.assert(
      fc.property(noise, debianVersion, (text, version) => {
        onlyAppErrors(() => compareDebianVersions(text, version));
        const { epoch, upstream, revision } = parseDebianVersion(version);
        const again = `${epoch}:${upstream}${revision === '' ? '' : `-${revision}`}`;
        expect(compareDebianVersions(again, version)).toBe(0);
      }),
      RUNS,
    );
  });
});

describe('relations', () => {
  const relation = fc.record(
    {
      name: packageName,
      archQualifier: fc.constantFrom('any', 'native', 'amd64'),
      constraint: fc.tuple(fc.constantFrom('<<', '<=', '=', '>=', '>>'), debianVersion),
      architectures: fc.array(fc.constantFrom('amd64', '!i386', 'linux-any'), { minLength: 1, maxLength: 3 }),
      profiles: fc.array(fc.array(fc.constantFrom('!nocheck', 'stage1'), { minLength: 1, maxLength: 2 }), {
        minLength: 1,
        maxLength: 2,
      }),
    },
    { requiredKeys: ['name'] },
  );

  it('are read back from their text', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(relation, { minLength: 1, maxLength: 3 }), { maxLength: 4 }),
        (drafts) => {
          const groups = drafts.map((group) =>
            group.map(({ constraint, ...rest }) => ({
              ...rest,
              ...(constraint && { operator: constraint[0] as '=', version: constraint[1] }),
            })),
          );
          const text = groups.map((group) => group.map(printRelation).join(' | ')).join(', ');
          expect(parseRelations(text, 'f')).toEqual(groups);
        },
      ),
      RUNS,
    );
  });

  it('agree with the order of versions', () => {
    fc.assert(
      fc.property(debianVersion, debianVersion, (version, wanted) => {
        const held = ['<<', '<=', '=', '>=', '>>'].filter((operator) =>
          satisfies({ name: 'a', operator: operator as '=', version: wanted }, { version }),
        );
        const order = compareDebianVersions(version, wanted);
        expect(held).toEqual(order < 0 ? ['<<', '<='] : order > 0 ? ['>=', '>>'] : ['<=', '=', '>=']);
      }),
      RUNS,
    );
  });

  it('throw nothing but our errors', () => {
    fc.assert(
      fc.property(noise, (text) => {
        onlyAppErrors(() => parseRelations(text, 'f'));
      }),
      { numRuns: 5000 },
    );
  });

  it('are read in time that grows with the length only', () => {
    for (const text of [
      'a (= '.repeat(20_000),
      `a${' '.repeat(100_000)}(`,
      `a [${'x '.repeat(50_000)}`,
      '<'.repeat(100_000),
      'a <x> '.repeat(20_000),
    ]) {
      onlyAppErrors(() => parseRelations(text, 'f'));
      onlyAppErrors(() => parseDebianVersion(text));
    }
  });
});

describe.each([
  ['Packages', packagesText, (data: Buffer) => parsePackagesIndex(data, 'f')],
  ['Sources', sourcesText, (data: Buffer) => parseSourcesIndex(data, 'f')],
  ['Release', releaseText, (data: Buffer) => parseRelease(data.toString(), 'f')],
] as const)('%s', (_, sample, parse) => {
  it('throws nothing but our errors on damaged files', () => {
    const codes = new Set<string | undefined>();
    fc.assert(
      fc.property(mutated(fc.constant(Buffer.from(sample))), (data) => {
        codes.add(onlyAppErrors(() => parse(data)));
      }),
      { numRuns: 3000 },
    );
    // The damage reaches many checks, and not every change is fatal.
    expect(codes.size).toBeGreaterThan(4);
    expect(codes).toContain(undefined);
  });

  it('throws nothing but our errors on noise', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          noise.map((s) => Buffer.from(s)),
          fc.uint8Array().map((b) => Buffer.from(b)),
        ),
        (data) => {
          onlyAppErrors(() => parse(data));
        },
      ),
      RUNS,
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BinaryPackage } from '../../../builder/formats/packages-index.ts';
import { resolveClosure, type Closure } from '../../../builder/resolve/closure.ts';
import { sha256 } from '../../../core/digest.ts';
import { AppError } from '../../../core/errors.ts';
import { onlyAppErrors } from '../../support/only-app-errors.ts';

function pkg(name: string, version = '1', extra: Partial<BinaryPackage> = {}): BinaryPackage {
  return {
    name,
    version,
    architecture: 'amd64',
    essential: false,
    filename: `pool/${name}_${version}.deb`,
    size: 1,
    sha256: sha256(`${name} ${version}`),
    ...extra,
  };
}

function resolve(packages: BinaryPackage[], ...roots: string[]): Closure {
  return resolveClosure({ packages, roots, architecture: 'amd64' });
}

function names(closure: Closure): string[] {
  return closure.chosen.map(({ name }) => name);
}

function failure(work: () => unknown): AppError {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('resolveClosure', () => {
  it('follows Depends and Pre-Depends, not Recommends, in order of need', () => {
    const closure = resolve(
      [
        pkg('app', '1', { depends: 'lib (>= 2), data', recommends: 'doc' }),
        pkg('lib', '2', { preDepends: 'base' }),
        pkg('data', '1', { architecture: 'all' }),
        pkg('base'),
        pkg('doc'),
      ],
      'app',
    );
    expect(names(closure)).toEqual(['base', 'lib', 'data', 'app']);
    expect(closure.why.get('base')).toEqual(['app', 'lib', 'base']);
    expect([...closure.why.keys()]).toEqual(['app', 'base', 'data', 'lib']);
  });

  it('takes the newest version of all suites', () => {
    const suites = [
      pkg('a', '1.10-1'),
      pkg('a', '1.9-1'),
      pkg('a', '1.10-1+deb13u1'),
      pkg('a', '1.10-1~bpo'),
    ];
    expect(resolve(suites, 'a').chosen[0]?.version).toBe('1.10-1+deb13u1');
  });

  it('passes over other architectures', () => {
    const closure = resolve([pkg('a', '1'), pkg('a', '9', { architecture: 'arm64' })], 'a');
    expect(closure.chosen[0]?.version).toBe('1');
  });

  it('prefers an alternative that is chosen, then the first that can be had', () => {
    const packages = [pkg('x', '1', { depends: 'no-such | one | two' }), pkg('one'), pkg('two')];
    expect(names(resolve(packages, 'x'))).toEqual(['one', 'x']);
    expect(names(resolve(packages, 'two', 'x'))).toEqual(['two', 'x']);
  });

  it('takes a real package before a provider, and providers by priority and name', () => {
    const providers = [pkg('zz', '1', { provides: 'mta' }), pkg('mm', '1', { provides: 'other, mta' })];
    expect(names(resolve(providers, 'mta'))).toEqual(['mm']);
    expect(names(resolve([...providers, pkg('mta')], 'mta'))).toEqual(['mta']);
    const required = pkg('zz', '1', { provides: 'mta', priority: 'required' });
    expect(names(resolve([...providers.slice(1), required], 'mta'))).toEqual(['zz']);
  });

  it('takes a root by its own name before one that provides it', () => {
    const packages = [pkg('a', '1', { provides: 'v' }), pkg('v')];
    expect(names(resolve(packages, 'a', 'v'))).toEqual(['a', 'v']);
    expect(
      names(resolve([pkg('a', '1', { provides: 'w' }), pkg('b', '1', { provides: 'w' })], 'b', 'w')),
    ).toEqual(['b']);
  });

  it('compares the version that is provided', () => {
    const packages = [
      pkg('bare', '9', { provides: 'api' }),
      pkg('old', '9', { provides: 'api (= 1)' }),
      pkg('right', '1', { provides: 'api (= 3)' }),
      pkg('user', '1', { depends: 'api (>= 2)' }),
    ];
    expect(names(resolve(packages, 'user'))).toEqual(['right', 'user']);
  });

  it('honours qualifiers: :any wants Multi-Arch: allowed', () => {
    const user = pkg('user', '1', { depends: 'python:any, gcc:native, libc:amd64' });
    const rest = [pkg('gcc'), pkg('libc')];
    expect(
      names(resolve([user, ...rest, pkg('python', '1', { multiArch: 'allowed' })], 'user')),
    ).toHaveLength(4);
    expect(failure(() => resolve([user, ...rest, pkg('python')], 'user')).code).toBe('resolve.missing');
    const foreign = pkg('user', '1', { depends: 'libc:arm64' });
    expect(failure(() => resolve([foreign, ...rest], 'user')).code).toBe('resolve.missing');
  });

  it('adds essential packages on request', () => {
    const packages = [pkg('dpkg', '1', { essential: true, depends: 'tar' }), pkg('tar'), pkg('a')];
    const closure = resolveClosure({ packages, roots: ['a'], architecture: 'amd64', includeEssential: true });
    expect(names(closure).sort()).toEqual(['a', 'dpkg', 'tar']);
    expect(closure.why.get('dpkg')).toEqual(['dpkg']);
  });

  it('ends in cycles', () => {
    const packages = [
      pkg('a', '1', { depends: 'b' }),
      pkg('b', '1', { depends: 'c' }),
      pkg('c', '1', { depends: 'a' }),
    ];
    expect(names(resolve(packages, 'a'))).toEqual(['c', 'b', 'a']);
  });

  it('takes roots with a version or an architecture', () => {
    expect(names(resolve([pkg('a', '2')], 'a (>= 1)', 'b [arm64]'))).toEqual(['a']);
  });

  it('explains what is missing by the chain from the root', () => {
    const packages = [
      pkg('a', '1', { depends: 'b' }),
      pkg('b', '1', { depends: 'c (>= 2) | d' }),
      pkg('c', '1'),
    ];
    const error = failure(() => resolve(packages, 'a'));
    expect(error).toMatchObject({
      kind: 'recipe',
      code: 'resolve.missing',
      message: 'No package satisfies c (>= 2) | d.',
      where: 'a → b → c (>= 2) | d',
      got: 'c 1',
    });
  });

  it.each([
    ['conflicts', 'a 1 conflicts with c: c 1.'],
    ['breaks', 'a 1 breaks c: c 1.'],
  ] as const)('explains %s by both chains', (field, message) => {
    const packages = [pkg('a', '1', { [field]: 'c' }), pkg('b', '1', { depends: 'c' }), pkg('c')];
    const error = failure(() => resolve(packages, 'a', 'b'));
    expect(error).toMatchObject({ kind: 'recipe', code: 'resolve.conflict', message, where: 'a\nb → c' });
  });

  it('lets a package conflict with a name that it provides itself', () => {
    const mta = { provides: 'mta', conflicts: 'mta' };
    expect(names(resolve([pkg('a', '1', mta)], 'a'))).toEqual(['a']);
    expect(failure(() => resolve([pkg('a', '1', mta), pkg('b', '1', mta)], 'a', 'b')).code).toBe(
      'resolve.conflict',
    );
  });

  it('breaks only the versions that are named', () => {
    const packages = [pkg('a', '1', { breaks: 'b (<< 2)' }), pkg('b', '2')];
    expect(names(resolve(packages, 'a', 'b'))).toEqual(['a', 'b']);
  });

  it('survives chains of two thousand', () => {
    const chain = Array.from({ length: 2000 }, (_, i) =>
      pkg(`p${i}`, '1', i === 1999 ? {} : { depends: `p${i + 1}` }),
    );
    expect(resolve(chain, 'p0').chosen[0]?.name).toBe('p1999');
  });
});

describe('any set of packages', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'v');
  const version = fc.constantFrom('1', '2', '3~');
  const relation = fc
    .tuple(name, fc.constantFrom('', ' (>= 2)', ' (= 1)', ' (<< 3)'), fc.constantFrom('', ':any'))
    .map(([to, constraint, qualifier]) => `${to}${qualifier}${constraint}`);
  const list = (separator: string): fc.Arbitrary<string> =>
    fc.array(relation, { minLength: 1, maxLength: 3 }).map((items) => items.join(separator));
  const depends = fc.array(list(' | '), { maxLength: 3 }).map((groups) => groups.join(', '));
  const some = fc
    .record({
      name,
      version,
      depends,
      provides: fc.constantFrom('', 'v', 'v (= 2)', 'a'),
      conflicts: fc.option(list(', '), { freq: 5, nil: '' }),
      essential: fc.boolean(),
    })
    .map(({ name: own, version: at, ...extra }) => pkg(own, at, extra));
  const set = fc.array(some, { maxLength: 10 });

  it('gives a closed set without conflicts, the same for every order of the input, or an error of ours', () => {
    let resolved = 0;
    fc.assert(
      fc.property(set, name, fc.boolean(), (packages, root, includeEssential) => {
        const attempt = (input: BinaryPackage[]): string => {
          let outcome = '';
          const code = onlyAppErrors(() => {
            const closure = resolveClosure({
              packages: input,
              roots: [root],
              architecture: 'amd64',
              includeEssential,
            });
            // Resolving the outcome again, with nothing else to choose from, must find all of it.
            const again = resolveClosure({
              packages: closure.chosen,
              roots: names(closure),
              architecture: 'amd64',
            });
            expect(names(again).sort()).toEqual(names(closure).sort());
            outcome = names(closure).join(' ');
            resolved += 1;
          });
          return code ?? outcome;
        };
        const distinct = [...new Map(packages.map((one) => [`${one.name} ${one.version}`, one])).values()];
        expect(attempt(distinct.toReversed())).toBe(attempt(distinct));
      }),
      { numRuns: 3000 },
    );
    expect(resolved).toBeGreaterThan(500);
  });
});

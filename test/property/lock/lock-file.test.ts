import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sha256 } from '../../../core/digest.ts';
import { buildsTheSame, diffLocks, printLockDiff } from '../../../builder/lock/diff.ts';
import { parseLock, printLock } from '../../../builder/lock/lock-file.ts';
import type { Lock } from '../../../builder/lock/schema.ts';
import type { Fingerprint } from '../../../builder/verify/fingerprint.ts';
import { onlyAppErrors } from '../../support/only-app-errors.ts';

const word = fc.stringMatching(/^[a-z][a-z0-9+.-]{0,8}$/);
const version = fc.stringMatching(/^[0-9][0-9a-z.+~]{0,6}$/);
const digest = fc.string().map((text) => sha256(text));
const path = fc
  .array(word, { minLength: 1, maxLength: 4 })
  .map((parts) => parts.map((part) => `x${part}`).join('/'));
const size = fc.nat();
const date = fc
  .date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
  .map((at) => at.toISOString());
const fingerprint = fc.string().map((text) => sha256(text).slice(0, 40).toUpperCase() as Fingerprint);
const origin = { repository: word, suite: path, component: word };

const lock: fc.Arbitrary<Lock> = fc.record({
  version: fc.constant(1 as const),
  family: fc.constant('debian' as const),
  recipe: fc.record({ name: word, digest }),
  architecture: word,
  releases: fc.array(
    fc.record({
      repository: word,
      suite: path,
      codename: word,
      date,
      signer: fingerprint,
      signingKey: fingerprint,
      evidence: fc.oneof(fc.record({ inRelease: digest }), fc.record({ release: digest, signature: digest })),
      indexes: fc.array(
        fc.record({
          kind: fc.constantFrom('packages' as const, 'sources' as const),
          component: word,
          architecture: word,
          path,
          size,
          sha256: digest,
        }),
        { maxLength: 2 },
      ),
    }),
    { maxLength: 3 },
  ),
  packages: fc.uniqueArray(
    fc.record({ name: word, version, architecture: word, size, sha256: digest, path, ...origin }),
    {
      selector: ({ name, architecture }) => `${name}:${architecture}`,
      maxLength: 8,
    },
  ),
  sources: fc.uniqueArray(
    fc.record({
      name: word,
      version,
      directory: path,
      ...origin,
      files: fc.array(fc.record({ name: path, size, sha256: digest }), { minLength: 1, maxLength: 3 }),
    }),
    { selector: ({ name }) => name, maxLength: 3 },
  ),
});

test('every lock is read back as it was written', () => {
  fc.assert(
    fc.property(lock, (one) => {
      expect(parseLock(printLock(one), 'x')).toEqual(one);
    }),
    { numRuns: 150 },
  );
});

test('no edit of a lock is accepted, and every refusal is an error of ours', () => {
  fc.assert(
    fc.property(lock, fc.nat(), fc.string({ maxLength: 4 }), fc.nat(3), (one, at, insert, remove) => {
      const text = printLock(one);
      const start = at % text.length;
      const edited = text.slice(0, start) + insert + text.slice(start + remove);
      fc.pre(edited !== text);
      expect(onlyAppErrors(() => parseLock(edited, 'x'))).toMatch(/^lock\.(edited|malformed)$/);
    }),
    { numRuns: 800 },
  );
});

test('any JSON is a lock or gives an error of ours', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(onlyAppErrors(() => parseLock(text, 'x'))).toMatch(/^lock\./);
    }),
    { numRuns: 1000 },
  );
});

test('a diff is empty for a lock and itself, and its mirror image the other way round', () => {
  fc.assert(
    fc.property(lock, lock, (a, b) => {
      expect(printLockDiff(diffLocks(a, a))).toBe('nothing moved');
      const [there, back] = [diffLocks(a, b), diffLocks(b, a)];
      expect(back.added).toEqual(there.removed);
      expect(back.removed).toEqual(there.added);
      const names = (moved: typeof there.upgraded): string[] => moved.map(({ name }) => name).sort();
      expect(names(back.downgraded)).toEqual(names(there.upgraded));
      expect(back.sizeChange + there.sizeChange).toBe(0);
      expect(buildsTheSame(there)).toBe(buildsTheSame(back));
    }),
    { numRuns: 150 },
  );
});

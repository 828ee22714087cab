/** Lock files as text: one canonical form, with the digest of the content inside. */
import { canonicalJson, digestOf } from '../../core/digest.ts';
import { AppError } from '../../core/errors.ts';
import type { LockableRecipe } from './ports.ts';
import { lockFileSchema, type AnyLock } from './schema.ts';

/** The one text of a lock: members sorted, one package a line, the digest of it all first. */
export function printLock(lock: AnyLock): string {
  const members = Object.entries({ ...lock, digest: digestOf(lock) })
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `  ${JSON.stringify(name)}: ${printMember(value)}`);
  return `{\n${members.join(',\n')}\n}\n`;
}

function printMember(value: unknown): string {
  if (!Array.isArray(value) || value.length === 0) return canonicalJson(value);
  return `[\n${value.map((element) => `    ${canonicalJson(element)}`).join(',\n')}\n  ]`;
}

/**
 * Reads a lock file. Every failure is of kind `verification`: `lock.malformed` for what is no lock,
 * `lock.edited` for a text that is not exactly the one that was written.
 */
export function parseLock(text: string, where: string): AnyLock {
  const result = lockFileSchema.safeParse(parseJson(text, where));
  if (!result.success) {
    const issues = result.error.issues.slice(0, 10);
    throw new AppError({
      kind: 'verification',
      code: 'lock.malformed',
      what: 'the lock does not have the expected shape',
      where,
      expected: 'a lock of version 1, as `qubeforge lock` writes it',
      got: issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'),
      next: NEXT,
    });
  }
  const { digest, ...lock } = result.data;
  const expected = digestOf(lock);
  if (digest !== expected) throw edited(where, `digest ${expected}`, `digest ${digest}`);
  if (printLock(lock) !== text) {
    throw edited(where, 'the text that `qubeforge lock` writes', 'the same content in another form');
  }
  return lock;
}

/**
 * Refuses a lock that was made from another recipe or another state of it: `lock.stale`, kind
 * `recipe`. `where` is the lock's file.
 */
export function checkFits(
  lock: AnyLock,
  recipe: Pick<LockableRecipe, 'name' | 'digest'>,
  where: string,
): void {
  if (lock.recipe.name === recipe.name && lock.recipe.digest === recipe.digest) return;
  throw new AppError({
    kind: 'recipe',
    code: 'lock.stale',
    what: `the lock of ${recipe.name} was made from another state of the recipe`,
    where,
    expected: `recipe ${recipe.name}, digest ${recipe.digest}`,
    got: `recipe ${lock.recipe.name}, digest ${lock.recipe.digest}`,
    next: `qubeforge lock ${recipe.name} --update`,
  });
}

const NEXT = 'restore the file from version control, or make it anew: qubeforge lock --update';

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AppError({
      kind: 'verification',
      code: 'lock.malformed',
      what: 'the lock is not JSON',
      where,
      expected: 'a lock as `qubeforge lock` writes it',
      got: error instanceof Error ? error.message : String(error),
      next: NEXT,
    });
  }
}

function edited(where: string, expected: string, got: string): AppError {
  return new AppError({
    kind: 'verification',
    code: 'lock.edited',
    what: 'the lock was changed after it was written',
    where,
    expected,
    got,
    next: NEXT,
  });
}

import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { AppError } from '../../../core/errors.ts';
import { tracked } from '../../../core/events.ts';
import { ignoreMissing, writeFileAtomic } from '../../../edge/files.ts';
import { diffLocks, buildsTheSame, printLockDiff } from '../../lock/diff.ts';
import { checkFits, parseLock, printLock } from '../../lock/lock-file.ts';
import type { AnyLock } from '../../lock/schema.ts';
import type { LoadedRecipe } from '../../recipe/load.ts';
import type { BuildableRecipe } from '../../recipe/schema.ts';
import { EvidenceDirectory } from '../../store/evidence.ts';
import { resolveRecipe } from './families.ts';
import type { Solver } from './family.ts';
import type { Session } from './session.ts';

export type LoadedBuildable = LoadedRecipe<BuildableRecipe>;

/** Where the lock of a recipe lies. */
export function lockPath(session: Session, recipe: string): string {
  return join(session.context.root, 'recipes', 'locks', `${recipe}.lock.json`);
}

/** The same for people: as seen from where they are. */
export function lockPlace(session: Session, recipe: string): string {
  return relative(session.context.cwd, lockPath(session, recipe));
}

/** The evidence beside the locks: the signed Release files they were made from. */
export function evidenceOf(session: Session): EvidenceDirectory {
  return new EvidenceDirectory(join(session.context.root, 'recipes', 'locks', 'evidence'));
}

/** The lock as it lies there; undefined when there is none. Throws for an edited one. */
export async function readLock(session: Session, recipe: LoadedBuildable): Promise<AnyLock | undefined> {
  const { name } = recipe.recipe;
  const text = await readFile(lockPath(session, name), 'utf8').catch(ignoreMissing);
  return text === undefined ? undefined : parseLock(text, lockPlace(session, name));
}

/** As `readLock`; a damaged lock, which is to be replaced, counts as none and is warned about. */
export async function readLockOrWarn(
  session: Session,
  recipe: LoadedBuildable,
): Promise<AnyLock | undefined> {
  try {
    return await readLock(session, recipe);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const message = `${lockPlace(session, recipe.recipe.name)} is made anew: ${error.message}`;
    session.context.sink({ type: 'log', level: 'warning', message });
    return undefined;
  }
}

/** Why a lock cannot be used as it is; undefined when it can. */
export function staleness(
  session: Session,
  recipe: LoadedBuildable,
  lock: AnyLock | undefined,
): AppError | undefined {
  const where = lockPlace(session, recipe.recipe.name);
  if (lock === undefined) return lockMissing(recipe.recipe.name, where);
  try {
    checkFits(lock, { name: recipe.recipe.name, digest: recipe.digest }, where);
    return undefined;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

/** Says what moved between two locks that do not build the same. */
export function logMoves(
  { context }: Session,
  name: string,
  before: AnyLock | undefined,
  after: AnyLock,
): void {
  const diff = before === undefined ? undefined : diffLocks(before, after);
  if (diff === undefined || buildsTheSame(diff)) return;
  context.sink({ type: 'log', level: 'info', message: `${name}:\n${printLockDiff(diff)}` });
}

/** Resolves a recipe anew and writes its lock. */
export async function updateLock(
  session: Session,
  recipe: LoadedBuildable,
  previous: AnyLock | undefined,
  solver: Solver,
): Promise<AnyLock> {
  const { context } = session;
  const { name } = recipe.recipe;
  return await tracked(
    context.sink,
    { id: `lock ${name}`, title: `Lock ${name}` },
    async () => {
      const made = await resolveRecipe(session, recipe, previous, solver);
      for (const message of made.warnings) context.sink({ type: 'log', level: 'warning', message });
      await writeFileAtomic(lockPath(session, recipe.recipe.name), printLock(made.lock));
      return made.lock;
    },
    (lock) => ({ detail: `${lock.packages.length} packages` }),
  );
}

function lockMissing(name: string, where: string): AppError {
  return new AppError({
    kind: 'recipe',
    code: 'lock.missing',
    what: `the recipe ${name} has no lock`,
    where,
    expected: 'a lock, as nothing is built from packages that are not pinned',
    got: 'no such file',
    next: `qubeforge lock ${name}`,
  });
}

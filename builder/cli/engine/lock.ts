import { readdir, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { parseSha256 } from '../../../core/digest.ts';
import { AppError } from '../../../core/errors.ts';
import { diffLocks, printLockDiff } from '../../lock/diff.ts';
import type { AnyLock } from '../../lock/schema.ts';
import { loadBuildable, loadRecipe, type RecipeSource } from '../../recipe/load.ts';
import type { LockRequest } from '../commands/lock.ts';
import type { Context } from '../command.ts';
import { lockRecipes } from './build.ts';
import { evidenceOf, lockPath, readLock, readLockOrWarn, staleness } from './locks.ts';
import { openSession, type Session } from './session.ts';

/** Makes, renews or checks locks and says what moved. */
export async function lock(context: Context, request: LockRequest): Promise<void> {
  const { mode } = request;
  const options = { jobs: availableParallelism(), offline: false, lookOnly: mode === 'check' };
  await using session = await openSession(context, options);
  const names = request.recipes.length > 0 ? request.recipes : await buildableNames(context.recipes);
  if (mode === 'check') await checkLocks(session, names);
  else await writeLocks(session, names, mode);
}

/** The recipes that are not bases for others. */
export async function buildableNames(recipes: RecipeSource): Promise<string[]> {
  const found = await Promise.all(
    (await recipes.names()).map(async (name) => ({
      name,
      kind: (await loadRecipe(recipes, name)).recipe.kind,
    })),
  );
  return found.flatMap(({ name, kind }) => (kind === 'base' ? [] : [name]));
}

async function writeLocks(
  session: Session,
  names: readonly string[],
  mode: 'write' | 'update',
): Promise<void> {
  const before = new Map<string, AnyLock | undefined>();
  const policyOf = (name: string): 'mend' | 'renew' =>
    mode === 'update' && names.includes(name) ? 'renew' : 'mend';
  for (const name of names) {
    const loaded = await loadBuildable(session.context.recipes, name);
    before.set(name, await (mode === 'update' ? readLockOrWarn : readLock)(session, loaded));
  }
  const locked = await lockRecipes(session, names, policyOf);
  await pruneEvidence(session);
  const reports = [...locked].map(([name, { lock: after }]) => {
    const old = before.get(name);
    const diff = old === undefined ? undefined : diffLocks(old, after);
    return { recipe: name, packages: after.packages.length, diff };
  });
  const text = reports.map(({ recipe, packages, diff }) => {
    const moved = diff === undefined ? `locked     ${packages} packages` : printLockDiff(diff);
    return `${recipe}\n  ${moved.replaceAll('\n', '\n  ')}`;
  });
  session.context.sink({ type: 'result', name: 'lock', value: reports, text: text.join('\n') });
}

interface Checked {
  readonly recipe: string;
  readonly failure: AppError | undefined;
}

async function checkLocks(session: Session, names: readonly string[]): Promise<void> {
  const checked = await Promise.all(names.map((name) => checkLock(session, name)));
  const value = checked.map(({ recipe, failure }) => ({ recipe, state: failure?.code ?? 'fits' }));
  const text = value.map(({ recipe, state }) => `${recipe}: ${state}`).join('\n');
  session.context.sink({ type: 'result', name: 'lock', value, text });
  const failures = checked.flatMap(({ failure }) => failure ?? []);
  const [first] = failures;
  if (first === undefined) return;
  if (failures.length === 1) throw first;
  throw new AppError({
    kind: failures.find(({ kind }) => kind === 'verification')?.kind ?? first.kind,
    code: 'lock.check',
    what: `${failures.length} locks cannot be used`,
    got: failures.map(({ code, message }) => `${message} [${code}]`).join('\n'),
    next: 'qubeforge lock --update',
  });
}

async function checkLock(session: Session, recipe: string): Promise<Checked> {
  const loaded = await loadBuildable(session.context.recipes, recipe);
  try {
    return { recipe, failure: staleness(session, loaded, await readLock(session, loaded)) };
  } catch (error) {
    if (error instanceof AppError) return { recipe, failure: error };
    throw error;
  }
}

/** Removes signed files that no lock names any more; whatever any lock mentions stays. */
async function pruneEvidence(session: Session): Promise<void> {
  const directory = dirname(lockPath(session, 'any'));
  const locks = (await readdir(directory)).filter((name) => name.endsWith('.lock.json'));
  const texts = await Promise.all(locks.map((name) => readFile(join(directory, name), 'utf8')));
  const mentioned = texts.flatMap((text) => text.match(/\b[0-9a-f]{64}\b/g) ?? []);
  await evidenceOf(session).prune(new Set(mentioned.flatMap((text) => parseSha256(text) ?? [])));
}

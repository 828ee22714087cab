import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { recipeFiles } from '../../edge/recipe-files.ts';
import type { Context } from '../../builder/cli/command.ts';
import { lockRecipes } from '../../builder/cli/engine/build.ts';
import type { LockedRecipe } from '../../builder/cli/engine/plan.ts';
import { openSession, type Session } from '../../builder/cli/engine/session.ts';
import type { Event } from '../../core/events.ts';

/** A copy of the project's recipes and keys, with its own locks, that a test may change. */
export interface TestProject extends AsyncDisposable {
  readonly root: string;
  readonly events: readonly Event[];
  readonly session: Session;
  /** The recipe with a lock of today. */
  readonly lock: (name: string) => Promise<LockedRecipe>;
}

/** Where tests keep packages between runs: nothing is believed because it lies there. */
export const TEST_CACHE = resolve(
  process.env['QUBEFORGE_TEST_CACHE'] ?? join(tmpdir(), 'qubeforge-test-cache'),
);

/** Opens a project in a temporary directory. `cache`: shared by default, so that packages are fetched once. */
export async function testProject(
  options: { readonly cache?: string; readonly jobs?: number } = {},
): Promise<TestProject> {
  const root = await mkdtemp(join(tmpdir(), 'qubeforge-project-'));
  for (const name of ['recipes', 'keys', 'runtime', 'dist', 'package.json'])
    await cp(resolve(name), join(root, name), { recursive: true });
  await rm(join(root, 'recipes', 'locks'), { recursive: true, force: true });
  const cache = options.cache ?? TEST_CACHE;
  await mkdir(cache, { recursive: true });
  const events: Event[] = [];
  const context: Context = {
    sink: (event) => events.push(event),
    release: () => Promise.resolve(),
    signal: new AbortController().signal,
    env: process.env,
    cwd: root,
    clock: Date.now,
    root,
    recipes: recipeFiles([join(root, 'recipes')], root),
    globals: { json: false, quiet: true, log: undefined, cache, mirrors: new Map() },
  };
  const session = await openSession(context, { jobs: options.jobs ?? 2, offline: false });
  return {
    root,
    events,
    session,
    async lock(name) {
      const locked = (await lockRecipes(session, [name], () => 'update')).get(name);
      if (locked === undefined) throw new Error(`${name} was not locked`);
      return locked;
    },
    async [Symbol.asyncDispose]() {
      await session[Symbol.asyncDispose]();
      await rm(root, { recursive: true, force: true });
    },
  };
}

import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TEST_CACHE } from './project.ts';

/** What a store holds before a build: the packages as .deb, or what an earlier build left of them as well. */
export type StoreKind = 'cold' | 'warm';

/** A cache directory whose store shares the blobs of the tests' own by hard links: made in no time. */
export async function linkedStore(
  hint: string,
  kind: StoreKind,
): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(TEST_CACHE, `${hint}-`));
  const dispose = (): Promise<void> => rm(path, { recursive: true, force: true });
  try {
    await promisify(execFile)('cp', ['-al', join(TEST_CACHE, 'store'), path]);
    for (const name of ['tmp', 'leases']) {
      await rm(join(path, 'store/v1', name), { recursive: true, force: true });
    }
    await forgetResults(path, kind);
  } catch (error) {
    await dispose();
    throw error;
  }
  return { path, [Symbol.asyncDispose]: dispose };
}

/** What both sides of a comparison have at hand: their tools, and every package as .deb, ours too. */
const COLD = new Set(['toolbox', 'own-compile', 'own-package']);

/** Removes results: root file systems, and for a cold store all but tools and packages. */
export async function forgetResults(cache: string, kind: StoreKind): Promise<void> {
  await forgetStages(cache, (stage) => (kind === 'cold' ? !COLD.has(stage) : stage === 'debian-rootfs'));
}

/**
 * Removes the records of stages, by their names ('' for other records), with the results that they name: to put a
 * new file in the place of an old one is slower than a build is, which makes what was not there.
 */
export async function forgetStages(cache: string, isForgotten: (stage: string) => boolean): Promise<void> {
  const store = join(cache, 'store/v1');
  for (const name of await readdir(join(store, 'stages'), { recursive: true })) {
    if (!name.endsWith('.json')) continue;
    const path = join(store, 'stages', name);
    const { body } = JSON.parse(await readFile(path, 'utf8')) as { readonly body: StageBody };
    const { definition, outputs = {} } = body.outputs ?? {};
    if (!isForgotten(definition?.stage ?? '')) continue;
    await rm(path);
    for (const { sha256 } of definition === undefined ? [] : Object.values(outputs)) {
      await rm(join(store, 'blobs/sha256', sha256.slice(0, 2), sha256), { force: true });
    }
  }
}

interface StageBody {
  readonly outputs?: {
    readonly definition?: { readonly stage?: string };
    readonly outputs?: Readonly<Record<string, { readonly sha256: string }>>;
  };
}

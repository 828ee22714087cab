/**
 * A process for tests to kill: locks everything that a mirror has, fetches it, records a stage. Takes
 * one argument, JSON of {@link ChildTask}.
 */
import { join } from 'node:path';
import { loadKeyring } from '../../builder/verify/keyring.ts';
import { Fetcher } from '../../builder/fetch/fetcher.ts';
import { packagesIn } from '../../builder/formats/packages-index.ts';
import { printLock } from '../../builder/lock/lock-file.ts';
import { makeLock } from '../../builder/lock/make-lock.ts';
import type { LockableRecipe, PackageName } from '../../builder/lock/ports.ts';
import { EvidenceDirectory } from '../../builder/store/evidence.ts';
import { openStore } from '../../builder/store/store.ts';
import { digestOf } from '../../core/digest.ts';
import { writeFileAtomic } from '../../edge/files.ts';

export interface ChildTask {
  readonly directory: string;
  readonly recipe: LockableRecipe;
  readonly manifest: string;
  readonly keys: readonly (readonly [name: string, armored: string])[];
}

async function main({ directory, recipe, manifest, keys }: ChildTask): Promise<void> {
  const files = new Map(keys.map(([name, armored]) => [name, Buffer.from(armored)]));
  await using store = await openStore(join(directory, 'cache'));
  const fetcher = new Fetcher({
    store,
    keyring: () => loadKeyring({ text: manifest, where: 'keys.yaml' }, files),
    mirrors: { chosen: new Map(), host: [] },
    clock: Date.now,
    sink: () => undefined,
  });
  const { lock } = await makeLock({
    recipe,
    source: fetcher,
    archive: new EvidenceDirectory(join(directory, 'evidence')),
    resolver: async ({ indexes, open }) => {
      const names: PackageName[] = [];
      for (const index of indexes) names.push(...packagesIn(await open(index)));
      return names;
    },
  });
  await writeFileAtomic(join(directory, 'mini.lock.json'), printLock(lock));
  const [repository] = recipe.repositories;
  if (repository === undefined) throw new Error('the recipe has no repository');
  await fetcher.fetchFiles(lock.packages.map((entry) => ({ ...entry, what: entry.name, repository })));
  await store.putStage(digestOf('stage'), { blobs: lock.packages, outputs: { done: true } });
}

await main(JSON.parse(process.argv[2] ?? '') as ChildTask);

import { link, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execute, resultOf } from '../../builder/graph/execute.ts';
import { planBuild } from '../../builder/graph/plan.ts';
import type { Outputs } from '../../builder/graph/stage.ts';
import { toolboxNode, wantedFiles, type LockedRecipe } from '../../builder/cli/engine/plan.ts';
import type { Session } from '../../builder/cli/engine/session.ts';
import { openPackages, type StoredPackage } from '../../builder/stages/debian/packages.ts';
import { printDeb822 } from '../../builder/formats/deb822.ts';
import { parseControl } from '../../builder/formats/deb.ts';

/** The outputs of a toolbox recipe, built if need be. */
export async function buildToolbox(session: Session, toolbox: LockedRecipe): Promise<Outputs> {
  const node = toolboxNode(toolbox);
  await (await session.fetcher()).fetchFiles(wantedFiles(toolbox));
  const { cache, ports, jobs, context } = session;
  const results = await execute(await planBuild([node], cache), {
    cache,
    ports,
    jobs,
    sink: context.sink,
    signal: context.signal,
  });
  return resultOf(results, node);
}

/** Fetches and opens the packages of a lock. */
export async function openLocked(session: Session, locked: LockedRecipe): Promise<StoredPackage[]> {
  await (await session.fetcher()).fetchFiles(wantedFiles(locked));
  const { sink, signal } = session.context;
  return await openPackages(session.ports, locked.lock.packages, { id: 'open', sink, signal });
}

/** A directory that apt takes as a repository of exactly the locked packages. */
export async function localRepository(
  session: Session,
  locked: LockedRecipe,
): Promise<AsyncDisposable & { readonly path: string }> {
  const packages = await openLocked(session, locked);
  const directory = await session.ports.scratch();
  const stanzas: string[] = [];
  for (const [index, { facts }] of packages.entries()) {
    const deb = locked.lock.packages[index]!;
    const file = `${deb.name}_${deb.version.replaceAll(':', '%3a')}_${deb.architecture}.deb`;
    await link(await session.store.verified(deb), join(directory.path, file));
    const control = parseControl(facts.status).fields.filter(([name]) => !/^(status|conffiles)$/i.test(name));
    stanzas.push(
      printDeb822([
        ...control,
        ['Filename', `./${file}`],
        ['Size', String(deb.size)],
        ['SHA256', deb.sha256],
      ]),
    );
  }
  await writeFile(join(directory.path, 'Packages'), stanzas.sort().join('\n'));
  return directory;
}

/**
 * The script of one run of mmdebstrap: the same packages, nothing chosen by it, the tree packed as a tar.
 * `temporary` is where it unpacks: /work is in memory, /out on disk.
 */
export function mmdebstrapScript(names: readonly string[], temporary: '/work/tmp' | '/out/tmp'): string {
  return `
mkdir -p ${temporary}
export TMPDIR=${temporary}
mmdebstrap --quiet --mode=root --skip=check/canary --variant=custom --include=${[...names].sort().join(',')} \\
  trixie /out/reference.tar 'deb [trusted=yes] copy:/in/repository ./' >&2
`;
}

import { link, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { resultOf } from '../../builder/graph/execute.ts';
import type { Outputs } from '../../builder/graph/stage.ts';
import { runNodes } from '../../builder/cli/engine/build.ts';
import { wantedFiles } from '../../builder/cli/engine/families.ts';
import { needsOf } from '../../builder/cli/engine/needs.ts';
import { ownNodes } from '../../builder/cli/engine/own-packages.ts';
import { compilersIn, toolboxNode, type LockedRecipe } from '../../builder/cli/engine/plan.ts';
import type { Session } from '../../builder/cli/engine/session.ts';
import type { TestProject } from './project.ts';
import { openPackages, type PackageRef, type StoredPackage } from '../../builder/stages/debian/packages.ts';
import { printDeb822 } from '../../builder/formats/deb822.ts';
import { packagesIn } from '../../builder/formats/packages-index.ts';
import { parseControl } from '../../builder/formats/deb.ts';

/** The outputs of a toolbox recipe, built if need be. */
export async function buildToolbox(session: Session, toolbox: LockedRecipe): Promise<Outputs> {
  const node = toolboxNode(toolbox);
  return resultOf(await runNodes(session, [toolbox], [node]), node);
}

/** Our packages of a recipe: by the bytes of their files, and as inputs of a root file system. */
export interface OwnBuilt {
  readonly refs: readonly PackageRef[];
  readonly inputs: Readonly<Record<string, Outputs>>;
}

/** Builds the packages of ours that a recipe installs. */
export async function buildOwn({ session, lock }: TestProject, locked: LockedRecipe): Promise<OwnBuilt> {
  const needs = await Promise.all(needsOf(locked.loaded).map(lock));
  const recipes = new Map(needs.map((need) => [need.loaded.recipe.name, need]));
  const own = await ownNodes(session, locked, compilersIn(recipes));
  const results = await runNodes(
    session,
    [locked, ...needs],
    own.map(({ node }) => node),
  );
  const inputs = Object.fromEntries(own.map(({ options, node }) => [options.name, resultOf(results, node)]));
  return {
    refs: own.map(({ options: { name, version, architecture, format } }) => {
      return { name, version, architecture, ...inputs[name]![format]! };
    }),
    inputs,
  };
}

/** Fetches and opens the packages of a lock, and such as are in the store. */
export async function openLocked(
  session: Session,
  locked: LockedRecipe,
  own: readonly PackageRef[] = [],
): Promise<StoredPackage[]> {
  await (await session.fetcher()).fetchFiles(wantedFiles(locked));
  const { sink, signal } = session.context;
  return await openPackages(session.ports, [...locked.lock.packages, ...own], { id: 'open', sink, signal });
}

/** A directory that apt takes as a repository of exactly the locked packages and ours. */
export async function localRepository(
  session: Session,
  locked: LockedRecipe,
  own: readonly PackageRef[] = [],
): Promise<AsyncDisposable & { readonly path: string }> {
  const packages = await openLocked(session, locked, own);
  const refs = [...locked.lock.packages, ...own];
  const directory = await session.ports.scratch();
  const priorities = await archivePriorities(session, locked);
  const stanzas: { readonly place: string; readonly text: string }[] = [];
  for (const [index, { facts }] of packages.entries()) {
    const deb = refs[index]!;
    const file = `${deb.name}_${deb.version.replaceAll(':', '%3a')}_${deb.architecture}.deb`;
    await link(await session.store.verified(deb), join(directory.path, file));
    const control = parseControl(facts.status).fields.filter(
      ([name]) => !/^(status|conffiles|priority)$/i.test(name),
    );
    const priority = priorities.get(`${deb.name}=${deb.version}`) ?? 'optional';
    stanzas.push({
      place: `${deb.name}=${deb.version}`,
      text: printDeb822([
        ...control,
        ['Priority', priority],
        ['Filename', `./${file}`],
        ['Size', String(deb.size)],
        ['SHA256', deb.sha256],
      ]),
    });
  }
  await writeFile(
    join(directory.path, 'Packages'),
    stanzas
      .sort((a, b) => (a.place < b.place ? -1 : 1))
      .map(({ text }) => text)
      .join('\n'),
  );
  return directory;
}

/** The archive overrides what packages say of their priority, and apt's order depends on it. */
async function archivePriorities(session: Session, { lock }: LockedRecipe): Promise<Map<string, string>> {
  const fetcher = await session.fetcher();
  const priorities = new Map<string, string>();
  for (const { repository, suite, indexes } of lock.family === 'debian' ? lock.releases : []) {
    for (const index of indexes) {
      const bytes = await fetcher.openIndex({ ...index, repository, suite });
      for (const { name, version, priority } of packagesIn(bytes)) {
        priorities.set(`${name}=${version}`, priority ?? 'optional');
      }
    }
  }
  return priorities;
}

/**
 * The script of one run of mmdebstrap: the same packages, nothing chosen by it, the tree packed as a tar.
 * `temporary` is where it unpacks: /build is in memory, /out on disk.
 */
export function mmdebstrapScript(names: readonly string[], temporary: '/build/tmp' | '/out/tmp'): string {
  return `
mkdir -p ${temporary}
export TMPDIR=${temporary}
mmdebstrap --quiet --mode=root --skip=check/canary --variant=custom --include=${[...names].sort().join(',')} \\
  trixie /out/reference.tar 'deb [trusted=yes] copy:/in/repository ./' >&2
`;
}

import { defineNode } from '../../graph/node.ts';
import type { Fetcher } from '../../fetch/fetcher.ts';
import type { WantedFile } from '../../fetch/files.ts';
import { makeLock, type LockRequest } from '../../lock/make-lock.ts';
import type { Resolver } from '../../lock/ports.ts';
import type { LockedPackage } from '../../lock/schema.ts';
import { aptResolver, closureResolver } from '../../stages/debian/apt-resolver.ts';
import type { PackageRef } from '../../stages/debian/packages.ts';
import { debFormat } from '../../stages/own-package/options.ts';
import { debianRootfsStage } from '../../stages/debian/rootfs.ts';
import { sourcePackageOf, upstreamOf } from '../../recipe/source.ts';
import { binaryResolver } from '../../xen/binary-resolver.ts';
import {
  ownInputs,
  ownOptions,
  unknownOrigin,
  type Family,
  type Locked,
  type RecipeOfFamily,
  type Solver,
} from './family.ts';
import { evidenceOf } from './locks.ts';
import { proveDebian } from './prove.ts';
import type { Session } from './session.ts';
import { lockUpstream, proveUpstream, upstreamFile } from './upstream.ts';

/** Signed Release files; apt, or our own closure for a toolbox; dpkg's tree. */
export const debian: Family<'debian'> = {
  async resolve(session, loaded, previous, solver) {
    const { recipe, digest } = loaded;
    const upstream = upstreamOf(recipe);
    if (upstream !== undefined) return await lockUpstream(session, { recipe, digest }, upstream);
    const fetcher = await session.fetcher();
    const sources = sourcesOf(recipe, fetcher);
    return await makeLock({
      recipe: { ...recipe, digest },
      source: fetcher,
      resolver: await resolverOf(session, loaded, solver),
      archive: evidenceOf(session),
      ...(previous === undefined ? {} : { previous }),
      ...(sources === undefined ? {} : { sources }),
    });
  },

  /** When the newest of the indexes was signed, or upstream's source. */
  epochOf: ({ releases, upstream }) =>
    Math.max(
      ...[...releases, ...(upstream === undefined ? [] : [upstream])].map(({ date }) =>
        Math.floor(Date.parse(date) / 1000),
      ),
    ),

  wantedFiles: ({ loaded: { recipe }, lock }) => {
    const files = [
      ...lock.packages.map((pkg) => ({ ...pkg, what: `${pkg.name} ${pkg.version} (${pkg.architecture})` })),
      ...lock.sources.flatMap((source) =>
        source.files.map((file) => ({
          ...source,
          ...file,
          path: `${source.directory}/${file.name}`,
          what: `${source.name} ${source.version} (source)`,
        })),
      ),
    ];
    const upstream = lock.upstream === undefined ? [] : [upstreamFile(recipe, lock.upstream)];
    const pool = files.map(({ path, size, sha256, what, repository: origin, suite }): WantedFile => {
      const repository = recipe.repositories.find(({ name }) => name === origin);
      const release = lock.releases.find((one) => one.repository === origin && one.suite === suite);
      if (repository === undefined || release === undefined) {
        throw unknownOrigin(recipe.name, what, `${origin} ${suite}`);
      }
      return { path, size, sha256, what, repository, date: new Date(release.date) };
    });
    return [...pool, ...upstream];
  },

  prove: (session, locked, offline) => {
    const { upstream } = locked.lock;
    return upstream === undefined
      ? proveDebian(session, locked, offline)
      : proveUpstream(session, locked, upstream, offline);
  },

  originsOf: ({ releases, upstream }) => [
    ...releases.map(({ repository, suite, date, signer }) => {
      return { origin: `${repository} ${suite}`, date, signer };
    }),
    ...(upstream === undefined
      ? []
      : [{ origin: `${upstream.url} ${upstream.name}`, date: upstream.date, signer: upstream.signer }]),
  ],

  metadataOf: (lock) => lock.releases.flatMap(({ indexes }) => indexes.map(({ sha256 }) => sha256)),

  ownFormat: debFormat,

  rootfsNode: ({ loaded: { recipe }, lock }, { files, own, toolbox }) =>
    defineNode(debianRootfsStage, {
      recipe: recipe.name,
      title: 'Assemble the root file system',
      options: {
        architecture: recipe.architecture,
        packages: lock.packages.map(packageRef),
        ...ownOptions(own),
        settings: 'system' in recipe ? recipe.system : undefined,
        files,
      },
      inputs: ownInputs(own),
      toolbox,
      epoch: debian.epochOf(lock),
    }),
};

async function resolverOf(
  session: Session,
  { recipe, ownPackages }: Locked<'debian'>['loaded'],
  { toolbox, pins }: Solver,
): Promise<Resolver> {
  const own = ownPackages.map(({ definition: { name, architecture, debian: part } }) => {
    return { name, architecture, depends: part?.depends ?? [] };
  });
  const wanted = { ...recipe.packages, pins, own };
  if (recipe.kind === 'toolbox') return closureResolver(wanted);
  const source = sourcePackageOf(recipe);
  if (source !== undefined) return binaryResolver(source, wanted.install);
  return aptResolver(session.ports, await toolbox(), wanted, session.context.signal);
}

/** The source packages that a recipe is compiled from. */
function sourcesOf(recipe: RecipeOfFamily<'debian'>, fetcher: Fetcher): LockRequest['sources'] {
  const source = sourcePackageOf(recipe);
  if (recipe.kind !== 'xen' || source === undefined) return undefined;
  return {
    wanted: [{ name: source, optional: recipe['missing-source'] !== 'fail' }],
    async probe(candidate) {
      const repository = recipe.repositories.find(({ name }) => name === candidate.index.repository);
      return repository === undefined ? [] : await fetcher.probeSource(repository, candidate);
    },
  };
}

/** What a stage needs of a locked package. */
export function packageRef({ name, version, architecture, size, sha256 }: LockedPackage): PackageRef {
  return { name, version, architecture, size, sha256 };
}

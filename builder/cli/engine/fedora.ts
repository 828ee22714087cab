import { AppError } from '../../../core/errors.ts';
import { openMetadata } from '../../fetch/rpm-metadata.ts';
import type { FetchedRepository } from '../../fetch/repomd.ts';
import type { WantedFile } from '../../fetch/files.ts';
import { readPrimary } from '../../formats/primary.ts';
import { printEvr } from '../../formats/rpm-version.ts';
import { defineNode } from '../../graph/node.ts';
import { makeFedoraLock, type ListedRpm, type RepositoryState } from '../../lock/make-fedora-lock.ts';
import { resolveWithDnf, type OpenList, type OpenRepository } from '../../stages/fedora/dnf-resolver.ts';
import type { OwnPackage } from '../../recipe/own-package/load.ts';
import type { OwnRpmRequest } from '../../resolve/dnf-own.ts';
import { rpmFormat } from '../../stages/own-package/options.ts';
import { fedoraRootfsStage } from '../../stages/fedora/rootfs.ts';
import { verifyRpm, type RpmEvidence } from '../../verify/rpm/package.ts';
import { ownInputs, ownOptions, unknownOrigin, type Family } from './family.ts';
import { proveFedora } from './fedora-proof.ts';
import { evidenceOf } from './locks.ts';
import type { Session } from './session.ts';

/** Metadata by metalink, packages by their own signatures; dnf; rpm's tree. */
export const fedora: Family<'fedora'> = {
  async resolve(session, { recipe, digest, ownPackages }, previous, { toolbox }) {
    if (recipe.kind === 'toolbox' || recipe.kind === 'xen') throw onlyDebian(recipe.name, recipe.kind);
    const fetcher = await session.fetcher();
    const fetched = await Promise.all(
      recipe.repositories.map((repository) => {
        const locked = previous?.repositories.find((one) => one.repository === repository.name);
        const notBefore = locked === undefined ? undefined : Date.parse(locked.date) / 1000;
        return fetcher.fetchRepository(repository, notBefore);
      }),
    );
    const opened = await Promise.all(fetched.map((one) => openRepository(session, one)));
    const { name, release, architecture, packages } = recipe;
    const lock = await makeFedoraLock({
      recipe: { name, digest, architecture },
      repositories: fetched.map((one, i) => stateOf(session, one, opened[i]?.lists ?? [])),
      resolve: async () =>
        await resolveWithDnf(
          session.ports,
          await toolbox(),
          { name, release, architecture, ...packages, own: ownRequests(ownPackages) },
          opened,
          session.context.signal,
        ),
      fetch: (listed) => fetcher.fetchFiles(listed.map((rpm) => wantedListed(rpm, fetched))),
      verify: (rpm) => verifyStored(session, rpm, fetched),
    });
    for (const { evidence } of fetched) {
      await evidenceOf(session).put({ name: 'repomd.xml', ...evidence });
    }
    return { lock, warnings: [] };
  },

  /** When the newest of the repositories was made. */
  epochOf: (lock) => Math.max(...lock.repositories.map(({ date }) => Math.floor(Date.parse(date) / 1000))),

  wantedFiles: ({ loaded: { recipe }, lock }) =>
    lock.packages.map(({ name, version, architecture, path, size, sha256, repository: origin }) => {
      const repository = recipe.repositories.find((one) => one.name === origin);
      if (repository === undefined) throw unknownOrigin(recipe.name, `${name} ${version}`, origin);
      return { path, size, sha256, what: `${name} ${version} (${architecture})`, repository };
    }),

  prove: proveFedora,

  originsOf: (lock) => lock.repositories.map(({ repository, date }) => ({ origin: repository, date })),

  metadataOf: (lock) => lock.repositories.flatMap(({ metadata }) => metadata.map(({ sha256 }) => sha256)),

  ownFormat: rpmFormat,

  rootfsNode: ({ loaded: { recipe }, lock }, { files, own, toolbox }) =>
    defineNode(fedoraRootfsStage, {
      recipe: recipe.name,
      title: 'Install the packages',
      options: {
        packages: lock.packages.map(({ name, version, architecture, size, sha256 }) => {
          return { name, version, architecture, size, sha256 };
        }),
        ...ownOptions(own),
        settings: 'system' in recipe ? recipe.system : undefined,
        files,
      },
      inputs: ownInputs(own),
      toolbox,
      epoch: fedora.epochOf(lock),
    }),
};

function ownRequests(ownPackages: readonly OwnPackage[]): OwnRpmRequest[] {
  return ownPackages.flatMap(({ definition }) => {
    const format = rpmFormat(definition);
    return format === undefined ? [] : [{ ...format, name: definition.name }];
  });
}

async function openRepository({ store }: Session, fetched: FetchedRepository): Promise<OpenRepository> {
  const lists = await Promise.all(
    fetched.metadata.map(async (list): Promise<OpenList> => {
      return { type: list.type, ...(await openMetadata(store, list)) };
    }),
  );
  return { name: fetched.repository.name, lists };
}

function stateOf(
  { store }: Session,
  { repository, repomd, evidence, hasMetalink, metadata }: FetchedRepository,
  lists: readonly OpenList[],
): RepositoryState {
  const primary = lists.find(({ type }) => type === 'primary');
  if (primary === undefined) throw unknownOrigin(repository.name, 'primary', 'no list');
  return {
    locked: {
      repository: repository.name,
      date: new Date(repomd.timestamp * 1000).toISOString(),
      repomd: evidence.sha256,
      metalink: hasMetalink,
      metadata: metadata.map(({ type, path, size, sha256 }) => ({ type, path, size, sha256 })),
    },
    packages: (names) =>
      readPrimary(store.stream(primary, 'primary.xml'), `${repository.name}: primary.xml`, (name) =>
        names.has(name),
      ),
  };
}

function wantedListed(
  { listed, sha256, repository: origin }: ListedRpm,
  fetched: readonly FetchedRepository[],
): WantedFile {
  const found = fetched.find(({ repository }) => repository.name === origin);
  if (found === undefined) throw unknownOrigin(origin, listed.name, origin);
  const what = `${listed.name} ${printEvr(listed)} (${listed.architecture})`;
  return { path: listed.location, size: listed.size, sha256, what, repository: found.repository };
}

async function verifyStored(
  session: Session,
  { listed, sha256, repository: origin }: ListedRpm,
  fetched: readonly FetchedRepository[],
): Promise<RpmEvidence> {
  const keys = fetched.find(({ repository }) => repository.name === origin)?.repository.keys ?? [];
  const where = `${origin}: ${listed.location}`;
  return await verifyRpm(session.store.stream({ sha256, size: listed.size }, where), {
    keyring: (await session.keyring()).select(keys, where),
    where,
    now: new Date(session.context.clock()),
    keysValid: 'now',
  });
}

function onlyDebian(recipe: string, kind: string): AppError {
  return new AppError({
    kind: 'recipe',
    code: 'recipe.family',
    what: `a recipe of kind ${kind} cannot be of the Fedora family`,
    where: recipe,
    expected: 'family: debian',
    got: 'family: fedora',
    next: 'name a Debian toolbox with rpm and dnf in the recipe, for example toolbox-rpm',
  });
}

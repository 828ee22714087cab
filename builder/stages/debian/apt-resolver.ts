import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../../core/errors.ts';
import { packagesIn, type BinaryPackage } from '../../formats/packages-index.ts';
import type { Outputs } from '../../graph/stage.ts';
import type { Resolver, ResolveRequest, VerifiedIndex } from '../../lock/ports.ts';
import {
  aptPreferences,
  aptScript,
  aptSources,
  listName,
  minbaseNames,
  ownIndex,
  OWN_PLACE,
  parseSimulation,
  releaseListName,
  type OwnRequest,
  type SourcePin,
} from '../../resolve/apt-simulation.ts';
import { resolveClosure } from '../../resolve/closure.ts';
import type { BuildPorts } from '../ports.ts';

/** What a recipe asks to be installed. */
export interface PackageRequest {
  readonly variant: 'custom' | 'minbase';
  readonly recommends: boolean;
  readonly install: readonly string[];
  readonly pins?: readonly SourcePin[];
  /** Packages of ours: what they depend on is installed. */
  readonly own?: readonly OwnRequest[];
}

/**
 * Resolves with apt itself, in the toolbox, over verified indexes. Throws `resolve.apt` (kind `recipe`) with
 * apt's own words when something cannot be installed.
 */
export function aptResolver(
  ports: BuildPorts,
  toolbox: Outputs,
  wanted: PackageRequest,
  signal: AbortSignal,
): Resolver {
  return async (request) => {
    await using lists = await ports.scratch();
    await using releases = await ports.scratch();
    for (const { repository, suite, evidence } of request.releases) {
      const name = releaseListName(repository.name, suite, evidence.name);
      await writeFile(join(releases.path, name), evidence.bytes, { flag: 'wx' });
    }
    const own = wanted.own ?? [];
    const names = new Set([...wanted.install, ...own.map(({ name }) => name)]);
    for (const index of request.indexes) {
      const bytes = await request.open(index);
      await writeFile(join(lists.path, listName(index)), bytes, { flag: 'wx' });
      if (wanted.variant === 'minbase')
        for (const name of minbaseNames(packagesIn(bytes, index.path))) names.add(name);
    }
    const { architecture } = request.recipe;
    const script = aptScript({ architecture, recommends: wanted.recommends, install: [...names] });
    const { stdout } = await ports
      .sandbox({
        toolbox: await ports.toolboxTree(toolbox),
        script,
        files: {
          install: [...names].sort().join('\n'),
          own: ownIndex(own),
          'sources.list': aptSources([...places(request.indexes), ...(own.length === 0 ? [] : [OWN_PLACE])]),
          preferences: aptPreferences(wanted.pins ?? []),
        },
        inputs: { lists: lists.path, releases: releases.path },
        signal,
      })
      .catch((error: unknown) => {
        throw aptRefused(request, error);
      });
    return parseSimulation(stdout);
  };
}

function places(
  indexes: readonly VerifiedIndex[],
): { repository: string; suite: string; components: string[] }[] {
  const found = new Map<string, { repository: string; suite: string; components: string[] }>();
  for (const { repository, suite, component } of indexes) {
    const place = found.get(`${repository} ${suite}`) ?? { repository, suite, components: [] };
    place.components.push(component);
    found.set(`${repository} ${suite}`, place);
  }
  return [...found.values()];
}

function aptRefused({ recipe }: ResolveRequest, error: unknown): unknown {
  if (!(error instanceof AppError) || error.got?.startsWith('exit code 100') !== true) return error;
  return new AppError({
    kind: 'recipe',
    code: 'resolve.apt',
    what: 'apt cannot install the packages of this recipe',
    where: recipe.name,
    expected: 'a set of packages whose dependencies can all be met',
    got: error.got,
    next: `mend packages.install of the recipe, then: qubeforge lock ${recipe.name} --update`,
    cause: error,
  });
}

/** Resolves a toolbox, for which there is no apt yet. */
export function closureResolver(wanted: PackageRequest): Resolver {
  return async (request) => {
    const packages: BinaryPackage[] = [];
    for (const index of request.indexes) packages.push(...packagesIn(await request.open(index), index.path));
    const { architecture } = request.recipe;
    return resolveClosure({ packages, roots: wanted.install, architecture }).chosen;
  };
}

import { AppError } from '../../core/errors.ts';
import { compareDebianVersions } from '../formats/debian-version.ts';
import { packagesIn, type BinaryPackage } from '../formats/packages-index.ts';
import type { PackageName, Resolver } from '../lock/ports.ts';

/**
 * Chooses the distribution's own build of the hypervisor, to compare ours with: of the version of the locked
 * source, or the newest when no source is locked. Dependencies are left out, as nothing of it is installed.
 */
export function binaryResolver(source: string, install: readonly string[]): Resolver {
  return async (request) => {
    const { recipe, indexes, sources } = request;
    const version = sources.find(({ name }) => name === source)?.version;
    const found = new Map<string, BinaryPackage>();
    for (const index of indexes) {
      for (const entry of packagesIn(await request.open(index), index.path)) {
        if (!install.includes(entry.name)) continue;
        if (version !== undefined && entry.version !== version) continue;
        const known = found.get(entry.name);
        if (known === undefined || compareDebianVersions(entry.version, known.version) > 0) {
          found.set(entry.name, entry);
        }
      }
    }
    return install.map((name): PackageName => {
      const entry = found.get(name);
      if (entry === undefined) throw notListed(recipe.name, name, version);
      return { name, version: entry.version, architecture: entry.architecture };
    });
  };
}

function notListed(recipe: string, name: string, version: string | undefined): AppError {
  return new AppError({
    kind: 'recipe',
    code: 'xen.binary',
    what: 'no index lists the binary package to compare with',
    where: recipe,
    expected: version === undefined ? name : `${name} ${version}`,
    next: 'mend packages.install of the recipe',
  });
}

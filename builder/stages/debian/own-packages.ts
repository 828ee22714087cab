import { AppError } from '../../../core/errors.ts';
import { parseSingleParagraph } from '../../formats/deb822.ts';
import type { BinaryPackage } from '../../formats/packages-index.ts';
import type { Outputs } from '../../graph/stage.ts';
import { inputOf } from '../../outputs/input-of.ts';
import { unmetDependencies } from '../../resolve/unmet.ts';
import type { PackageFacts } from './ingest.ts';
import type { PackageRef } from './packages.ts';

/** A package of ours in a root file system; the input of the same name has its .deb. */
export type OwnPackageName = Pick<PackageRef, 'name' | 'version' | 'architecture'>;

/** Our packages by the bytes that other nodes made. */
export function ownRefs(
  own: readonly OwnPackageName[],
  inputs: Readonly<Record<string, Outputs>>,
): PackageRef[] {
  return own.map(({ name, version, architecture }) => {
    return { name, version, architecture, ...inputOf(inputs, name, 'deb') };
  });
}

/**
 * Refuses a set of packages in which one of ours would not work. dpkg is told not to look at dependencies, since
 * what apt chose is complete; ours were not there when it chose. Throws `own-package.dependency` (kind `recipe`).
 */
export function checkOwnDependencies(
  own: readonly OwnPackageName[],
  facts: readonly PackageFacts[],
  architecture: string,
): void {
  if (own.length === 0) return;
  const names = own.map(({ name }) => name);
  const unmet = unmetDependencies(names, facts.map(installedPackage), architecture);
  if (unmet.length === 0) return;
  throw new AppError({
    kind: 'recipe',
    code: 'own-package.dependency',
    what: 'a package of ours depends on packages that are not installed with it',
    where: [...new Set(unmet.map(({ name }) => name))].join(', '),
    expected: unmet.map(({ relation }) => relation).join(', '),
    got: `${facts.length} packages, none of which meets that`,
    next: 'make the lock again: qubeforge lock RECIPE --update',
  });
}

/** An unpacked package as an index would list it, from its own control file. */
export function installedPackage({ name, version, architecture, status }: PackageFacts): BinaryPackage {
  const control = parseSingleParagraph(status, name);
  const field = (key: string, of: string): Record<string, string> => {
    const value = control.get(of);
    return value === undefined ? {} : { [key]: value };
  };
  return {
    ...{ name, version, architecture, filename: '', size: 0, sha256: '' as BinaryPackage['sha256'] },
    essential: control.get('essential') === 'yes',
    ...field('multiArch', 'multi-arch'),
    ...field('priority', 'priority'),
    ...field('depends', 'depends'),
    ...field('preDepends', 'pre-depends'),
    ...field('recommends', 'recommends'),
    ...field('provides', 'provides'),
  };
}

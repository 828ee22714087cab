import { parseSingleParagraph } from '../../formats/deb822.ts';
import type { BinaryPackage } from '../../formats/packages-index.ts';
import { unmetDependencies } from '../../resolve/unmet.ts';
import type { OwnPackageName } from '../own-package/inputs.ts';
import { unmetOwn } from '../own-package/unmet.ts';
import type { PackageFacts } from './ingest.ts';

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
  throw unmetOwn(
    [...new Set(unmet.map(({ name }) => name))],
    unmet.map(({ relation }) => relation),
    `${facts.length} packages, none of which meets that`,
  );
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

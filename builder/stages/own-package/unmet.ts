import { AppError } from '../../../core/errors.ts';

/** The failure of a set of packages in which one of ours would not work: `own-package.dependency`, kind `recipe`. */
export function unmetOwn(packages: readonly string[], expected: readonly string[], got: string): AppError {
  return new AppError({
    kind: 'recipe',
    code: 'own-package.dependency',
    what: 'a package of ours depends on packages that are not installed with it',
    where: packages.join(', '),
    expected: expected.join(', '),
    got,
    next: 'make the lock again: qubeforge lock RECIPE --update',
  });
}

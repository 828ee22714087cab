import { AppError } from '../../../core/errors.ts';
import { shellQuote } from '../../sandbox/script.ts';
import type { OwnPackageName } from '../own-package/inputs.ts';
import { unmetOwn } from '../own-package/unmet.ts';

/** How the script ends when a package of ours would not work. */
const UNMET = 101;

/**
 * Asks rpm whether the packages of ours have all that they require: the transaction does not look, since what dnf
 * chose is complete; ours were not there when it chose.
 */
export function ownScript(own: readonly OwnPackageName[]): string {
  return own
    .map(({ name }) => {
      const verify = `rpm --root $root --verify --nofiles --noscripts --nosignature --nodigest ${shellQuote(name)}`;
      return `${verify} >&2 || exit ${UNMET}`;
    })
    .join('\n');
}

/** What `rpm --verify` prints of one requirement. */
const NEEDED = /^\s+(.+) is needed by /;

/** The failure of the script as one of the recipe where that is what it was. */
export function ownRefused(own: readonly OwnPackageName[], error: unknown): unknown {
  if (!(error instanceof AppError) || error.got?.startsWith(`exit code ${UNMET}\n`) !== true) return error;
  const needed = error.got.split('\n').flatMap((line) => NEEDED.exec(line)?.[1] ?? []);
  return unmetOwn(
    own.map(({ name }) => name),
    needed,
    'packages of the lock, none of which provides that',
  );
}

import fc from 'fast-check';
import { compareDebianVersions } from '../../builder/formats/debian-version.ts';
import { debianVersion } from './arbitraries.ts';

/** Asks another program for the order of many pairs at once, for example dpkg in a toolbox. */
export type VersionOracle = (
  pairs: readonly (readonly [string, string])[],
) => Promise<readonly (-1 | 0 | 1)[]>;

/** Pairs, by a seed that the caller names in its report, on which the oracle and we disagree. */
export async function versionDisagreements(
  oracle: VersionOracle,
  { seed, runs }: { readonly seed: number; readonly runs: number },
): Promise<readonly (readonly [string, string])[]> {
  const pairs = fc.sample(fc.tuple(debianVersion, debianVersion), { seed, numRuns: runs });
  const theirs = await oracle(pairs);
  if (theirs.length !== pairs.length) throw new Error('the oracle left pairs out');
  return pairs.filter(([a, b], index) => compareDebianVersions(a, b) !== theirs[index]);
}

/** A shell program that reads "a b" lines and prints -1, 0 or 1 for each by dpkg: run it where dpkg is. */
export const DPKG_ORACLE_SCRIPT = [
  'while read -r a b; do',
  'if dpkg --compare-versions "$a" lt "$b"; then echo -1;',
  'elif dpkg --compare-versions "$a" eq "$b"; then echo 0; else echo 1; fi; done',
].join('\n');

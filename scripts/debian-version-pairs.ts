// Prints pairs of Debian versions, the same ones each time: hand-picked traps, random pairs, and near misses.
import fc from 'fast-check';
import { debianVersion } from '../test/support/arbitraries.ts';

const TRAPS = [
  ['1.0', '1.0-0'],
  ['1.0', '1.0-1'],
  ['1.0~rc1', '1.0'],
  ['1.0~~', '1.0~'],
  ['1.0~~a', '1.0~'],
  ['1.0-1~bpo12+1', '1.0-1'],
  ['1.0-1+b1', '1.0-1'],
  ['1.0-1+deb13u1', '1.0-1+b1'],
  ['0:1.0', '1.0'],
  ['1:0', '99'],
  ['2147483647:1', '0:1'],
  ['1.002', '1.2'],
  ['1.2.', '1.2'],
  ['1.2a', '1.2.'],
  ['1.2+', '1.2-1'],
  ['1.a', '1.Z'],
  ['9999999999999999999999', '9999999999999999999998'],
  ['1-2-3', '1-2'],
  ['1:2:3-4', '1:2-4'],
  ['0', '00'],
  ['1.10', '1.9'],
  ['1.0+dfsg-1', '1.0-1'],
  ['6.12.9+bpo-amd64', '6.12.9-amd64'],
] as const;

/** The version with one small change that often leaves the order open: a zero, a tilde, a dot, one less. */
const nearMiss = fc
  .tuple(debianVersion, fc.nat(), fc.constantFrom('0', '~', '.', '+', 'a', ''))
  .map(([version, place, text]): readonly [string, string] => {
    const at = place % (version.length + 1);
    return [version, version.slice(0, at) + text + version.slice(text === '' ? at + 1 : at)];
  })
  .filter(([, near]) => /^(?:\d:)?\d[^:]*[^:-]$/.test(near));

const sample = { numRuns: 1600, seed: 20260101 };
const random = [...fc.sample(fc.tuple(debianVersion, debianVersion), sample), ...fc.sample(nearMiss, sample)];
for (const [a, b] of [...TRAPS, ...random]) console.log(`${a} ${b}`);

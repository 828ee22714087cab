import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sha256 } from '../../core/digest.ts';
import type { Artifact } from '../graph/stage.ts';
import type { Store } from '../store/store.ts';
import type { BuildPorts } from './ports.ts';

/**
 * Under which the former results of one tree are kept, by kind: a result's file name, `KIND.tar` or
 * `KIND-DETAIL.tar`, gives its blob.
 */
export type ResultKeys = Readonly<Record<string, Sha256>>;

/** What a script that works with kept results begins with: /in/kept has former ones, /out/kept gets new ones. */
export const KEEPING = `
mkdir -p /out/kept
keep() { # NAME PATH...: packs a result for the next run
  name=$1; shift
  tar --sort=name --numeric-owner --xattrs --format=pax --pax-option=delete=atime,delete=ctime \\
    -C $root -c -f /out/kept/$name "$@"
}
restore_kept() { tar -C $root -x -p -m --numeric-owner -f /in/kept/$1; }
`;

/** Former results under these keys, by file name. */
export async function formerResults(store: Store, keys: ResultKeys): Promise<Record<string, Artifact>> {
  const kinds = await Promise.all(Object.values(keys).map((key) => resultsOf(store, key)));
  return Object.assign({}, ...kinds) as Record<string, Artifact>;
}

async function resultsOf(store: Store, key: Sha256): Promise<Record<string, Artifact>> {
  return ((await store.stage(key))?.outputs ?? {}) as Record<string, Artifact>;
}

/** Adds the results in a directory to those kept under the keys of their kinds. */
export async function keepResults(ports: BuildPorts, keys: ResultKeys, directory: string): Promise<void> {
  const results: Record<string, Artifact> = {};
  for (const name of await readdir(directory)) results[name] = await ports.keep(join(directory, name));
  for (const [kind, key] of Object.entries(keys)) {
    const made = Object.entries(results).filter(([name]) => /^[a-z]+/.exec(name)?.[0] === kind);
    if (made.length === 0) continue;
    const all = { ...(await resultsOf(ports.store, key)), ...Object.fromEntries(made) };
    await ports.store.putStage(key, { blobs: Object.values(all), outputs: all });
  }
}

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readHostSources } from '../../../edge/apt-config.ts';
import { buildPorts } from '../../../edge/build-ports.ts';
import { Fetcher } from '../../fetch/fetcher.ts';
import type { NodeCache } from '../../graph/cache.ts';
import type { BuildPorts } from '../../stages/ports.ts';
import { openStore, openStoreForReading, type Store } from '../../store/store.ts';
import { loadKeyring, type Keyring } from '../../verify/keyring.ts';
import type { ReleaseKey } from '../../release/release-key.ts';
import type { Context } from '../command.ts';
import { nodeCache } from './node-cache.ts';
import { openSigner } from './signer.ts';
import { shiftedClockOf } from './varied.ts';

/** What one run of a building command works with. */
export interface Session extends AsyncDisposable {
  readonly context: Context;
  readonly store: Store;
  readonly cache: NodeCache;
  readonly ports: BuildPorts;
  readonly jobs: number;
  /** Keys and downloads are needed by few runs, so they are opened when asked for. */
  readonly keyring: () => Promise<Keyring>;
  readonly fetcher: () => Promise<Fetcher>;
  /** The key that signs media: that of `--sign`, or the developer key of this user. */
  readonly releaseKey: () => Promise<ReleaseKey & { readonly file: string }>;
}

export interface SessionOptions {
  readonly jobs: number;
  readonly offline: boolean;
  /** Change nothing, also not in the store. */
  readonly lookOnly?: boolean;
  /** Keep what a failed stage leaves. */
  readonly keepFailed?: boolean;
  /** File with the private key that signs media. */
  readonly sign?: string | undefined;
}

/** Opens the store and all that goes with it. */
export async function openSession(context: Context, options: SessionOptions): Promise<Session> {
  const open = options.lookOnly === true ? openStoreForReading : openStore;
  const store = await open(context.globals.cache);
  const signer = once(() => openSigner(context, options.sign));
  const ports = buildPorts(store, options.jobs, {
    clock: shiftedClockOf(context),
    keepFailed: options.keepFailed ?? false,
    signRelease: async (fingerprint, data, epoch) => (await signer()).sign(fingerprint, data, epoch),
  });
  const keyring = once(() => projectKeyring(context.root));
  const fetcher = once(
    async () =>
      new Fetcher({
        store,
        keyring,
        mirrors: { chosen: context.globals.mirrors, host: await readHostSources() },
        clock: context.clock,
        sink: context.sink,
        signal: context.signal,
        offline: options.offline,
      }),
  );
  return {
    context,
    store,
    cache: nodeCache(store),
    ports,
    jobs: options.jobs,
    keyring,
    fetcher,
    releaseKey: async () => {
      const { key, file } = await signer();
      return { ...key, file };
    },
    async [Symbol.asyncDispose]() {
      await ports[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

/** The pinned keys of a project. */
export async function projectKeyring(root: string): Promise<Keyring> {
  const directory = join(root, 'keys');
  const names = (await readdir(directory)).filter((name) => name.endsWith('.asc'));
  const files = await Promise.all(
    names.map(async (name): Promise<[string, Uint8Array]> => [name, await readFile(join(directory, name))]),
  );
  const where = join(directory, 'keys.yaml');
  return await loadKeyring({ text: await readFile(where, 'utf8'), where }, new Map(files));
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

import { basename } from 'node:path';
import { readKeys } from 'openpgp';
import { wantedFiles } from '../../../builder/cli/engine/families.ts';
import { evidenceOf } from '../../../builder/cli/engine/locks.ts';
import { decompress } from '../../../builder/formats/decompress.ts';
import { compressionOfName } from '../../../builder/formats/compression.ts';
import { packagesIn } from '../../../builder/formats/packages-index.ts';
import { TarScanner } from '../../../builder/formats/tar-scanner.ts';
import { makeLock } from '../../../builder/lock/make-lock.ts';
import type { Resolver } from '../../../builder/lock/ports.ts';
import { loadBuildable } from '../../../builder/recipe/load.ts';
import { openPackages } from '../../../builder/stages/debian/packages.ts';
import { parseFingerprint } from '../../../builder/verify/fingerprint.ts';
import { Keyring, type PinnedKey } from '../../../builder/verify/keyring.ts';
import type { TestProject } from '../project.ts';

/** Source packages of Debian that ship packages of other distributions as data of their tests. */
export const SOURCES = [
  ...[
    'rpm',
    'librepo',
    'libdnf',
    'dnf',
    'packagekit',
    'libsolv',
    'createrepo-c',
    'rpmlint',
    'libzypp',
    'zypper',
  ],
  ...['dnf-plugins-core', 'obs-build', 'osc', 'golang-github-cavaliergopher-rpm', 'ruby-arr-pm'],
];
/** The package with the keys of those distributions. */
const KEYS = 'distribution-gpg-keys';

/** What was found, by path inside the source packages. */
export interface VendorFiles {
  readonly rpms: ReadonlyMap<string, Buffer>;
  /** Armored or binary keys, by path in the package of keys. */
  readonly keys: ReadonlyMap<string, Buffer>;
  /** Sources that no mirror has in full, or whose packing we do not read. */
  readonly lacking: readonly string[];
}

/** Fetches the sources by a verified chain (key, Release, Sources, hash) and takes the packages out of them. */
export async function vendorFiles({ session }: TestProject): Promise<VendorFiles> {
  const loaded = await loadBuildable(session.context.recipes, 'toolbox-rpm');
  const { recipe, digest } = loaded;
  if (recipe.family !== 'debian') throw new Error('the toolbox is of another family');
  const fetcher = await session.fetcher();
  const { lock, warnings } = await makeLock({
    recipe: { ...recipe, digest },
    source: fetcher,
    resolver: newestOf(KEYS),
    archive: evidenceOf(session),
    sources: {
      wanted: SOURCES.map((name) => ({ name, optional: true })),
      probe: (candidate) => {
        const repository = recipe.repositories.find(({ name }) => name === candidate.index.repository);
        if (repository === undefined) throw new Error(candidate.index.repository);
        return fetcher.probeSource(repository, candidate);
      },
    },
  });
  await fetcher.fetchFiles(wantedFiles({ loaded, lock }));
  const lacking = warnings.map((text) => text.split('\n')[0] ?? '');
  const [rpms, own] = [new Map<string, Buffer>(), new Map<string, Buffer>()];
  for (const source of lock.sources) {
    for (const file of source.files.filter(({ name }) => /\.orig.*\.tar\.\w+$/.test(name))) {
      const kind = compressionOfName(file.name.replace(/^.*\.tar/, ''));
      if (kind === undefined) {
        lacking.push(`${file.name}: packed in a way that is not read here`);
        continue;
      }
      const found = await filesIn(decompress(kind, session.store.stream(file, file.name)), WANTED);
      for (const [path, bytes] of found) {
        const name = `${source.name}/${path.replace(/^[^/]*\//, '')}`;
        (name.endsWith('.rpm') ? rpms : own).set(name, bytes);
      }
    }
  }
  const { sink, signal } = session.context;
  const [deb] = await openPackages(session.ports, lock.packages, { id: 'keys', sink, signal });
  const keys = await filesIn(session.store.stream(deb!.data, KEYS), /distribution-gpg-keys\/[^/]+\/.+/);
  return { rpms, keys: new Map([...keys, ...own]), lacking };
}

/** Packages, and the keys that rpm's own tests sign with. */
const WANTED = /\.rpm$|\/tests\/data\/keys\/[^/]+\.(asc|pub)$/;

function newestOf(name: string): Resolver {
  return async ({ indexes, open }) => {
    for (const index of indexes) {
      const found = [...packagesIn(await open(index))].find((pkg) => pkg.name === name);
      if (found !== undefined) return [found];
    }
    throw new Error(`no index lists ${name}`);
  };
}

async function filesIn(tar: AsyncIterable<Uint8Array>, paths: RegExp): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  let chunks: Buffer[] | undefined;
  const scanner = new TarScanner(
    {
      onEntry: ({ path, type }) => (chunks = type === 'file' && paths.test(path) ? [] : undefined),
      onData: (chunk) => chunks?.push(Buffer.from(chunk)),
      onEnd: ({ path }) => {
        if (chunks !== undefined) found.set(path, Buffer.concat(chunks));
        chunks = undefined;
      },
    },
    'source',
  );
  for await (const chunk of tar) scanner.write(chunk);
  scanner.end();
  return found;
}

/** All of these keys that openpgp.js reads, as if they were pinned. */
export async function vendorRing(keys: ReadonlyMap<string, Buffer>): Promise<Keyring> {
  const ring = new Map<string, PinnedKey>();
  for (const [path, bytes] of keys) {
    const read = bytes.subarray(0, 5).equals(Buffer.from('-----'))
      ? readKeys({ armoredKeys: bytes.toString('latin1') })
      : readKeys({ binaryKeys: bytes });
    for (const key of await read.catch(() => [])) {
      const fingerprint = parseFingerprint(key.getFingerprint())!;
      const known = ring.get(fingerprint);
      const plain = key.toPublic();
      // Several states of one key become one, as when rpm imports them; what cannot be merged is left out.
      const merged = await known?.key.update(plain).catch(() => known.key);
      ring.set(fingerprint, {
        ...{ fingerprint, file: basename(path), owner: path, purpose: 'tests', source: path, checked: path },
        ...{ created: key.getCreationTime(), expires: undefined, key: merged?.toPublic() ?? plain },
      });
    }
  }
  return new Keyring([...ring.values()]);
}

/**
 * Prints `rpmkeys --checksig -v` of every package in /in/rpms (its lines behind the file's number), with all
 * keys of /in/keys that rpm takes.
 */
export const CHECKSIG_SCRIPT = `
for key in /in/keys/*; do rpmkeys --dbpath /build/keys --import $key 2>/dev/null || :; done
for rpm in /in/rpms/*; do
  echo "file $(basename $rpm)"
  rpmkeys --dbpath /build/keys --checksig -v $rpm 2>&1 || :
done
`;

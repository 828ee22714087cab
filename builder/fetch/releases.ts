import { sha256 } from '../../core/digest.ts';
import { AppError } from '../../core/errors.ts';
import { MIB } from '../../core/bytes.ts';
import { downloadBytes } from '../../edge/http.ts';
import type { Evidence, EvidenceName, ProvenRelease, RepositorySpec } from '../lock/ports.ts';
import { verifyRelease, type SignedRelease } from '../verify/release-chain.ts';
import { describeAttempts, firstOf, refusalIn, type Attempt } from './attempts.ts';
import type { FetchState } from './fetcher.ts';
import { locate, mirrorsOf, type Mirror } from './mirrors.ts';

/** Far above what any archive serves; Debian's are 200 KB. */
const MAX_RELEASE = 16 * MIB;
const MAX_SIGNATURE = MIB;

export interface FetchReleaseOptions {
  /** Date of the locked Release; an older one is refused. */
  readonly notBefore?: Date | undefined;
}

/** A verified Release and where it came from. */
export interface FetchedRelease extends ProvenRelease {
  readonly mirror: Mirror;
}

/**
 * Fetches and verifies `InRelease` (or `Release` and `Release.gpg`), keys and dates judged now. A mirror
 * that serves a bad, stale or older file is passed over with a warning. Throws the first verification
 * failure when no mirror is good, `fetch.release` (kind `network`) when none answers.
 */
export async function fetchRelease(
  state: FetchState,
  repository: RepositorySpec,
  suite: string,
  options: FetchReleaseOptions = {},
): Promise<FetchedRelease> {
  const base = `dists/${suite}`;
  const keyring = await state.keyring();
  const found = await firstOf(
    state.offline === true ? [] : mirrorsOf(repository, state.mirrors),
    state.health,
    async (mirror) => {
      const got = await state.pool.run(() => downloadSigned(state, mirror, base));
      const verified = await verifyRelease(got.signed, keyring, repository.keys, {
        where: got.where,
        suite,
        now: new Date(state.clock()),
        notBefore: options.notBefore,
        checkFreshness: true,
      });
      return { ...verified, ...got.archive };
    },
    (mirror) => locate(mirror.url, `${base}/InRelease`),
  );
  if (Array.isArray(found)) throw noRelease(repository, suite, found, state.offline === true);
  for (const attempt of found.failed) {
    const message = `passed over a mirror of ${repository.name} ${suite}: ${describeAttempts([attempt])}`;
    state.sink({ type: 'log', level: 'warning', message });
  }
  return { ...found.value, repository, suite, mirror: found.mirror };
}

interface Downloaded {
  readonly signed: SignedRelease;
  readonly where: string;
  readonly archive: Pick<FetchedRelease, 'evidence' | 'signature'>;
}

async function downloadSigned(state: FetchState, mirror: Mirror, base: string): Promise<Downloaded> {
  const get = (name: string, maxBytes: number): Promise<Buffer> =>
    downloadBytes(locate(mirror.url, `${base}/${name}`), {
      maxBytes,
      ...(state.signal === undefined ? {} : { signal: state.signal }),
      ...(state.retry === undefined ? {} : { retry: state.retry }),
    });
  const where = locate(mirror.url, `${base}/InRelease`);
  try {
    const inRelease = await get('InRelease', MAX_RELEASE);
    return { signed: { inRelease }, where, archive: { evidence: archived('InRelease', inRelease) } };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'http.not-found') throw error;
  }
  const release = await get('Release', MAX_RELEASE);
  const signature = await get('Release.gpg', MAX_SIGNATURE);
  return {
    signed: { release, signature },
    where: locate(mirror.url, `${base}/Release`),
    archive: { evidence: archived('Release', release), signature: archived('Release.gpg', signature) },
  };
}

function archived(name: EvidenceName, bytes: Buffer): Evidence {
  return { name, sha256: sha256(bytes), bytes };
}

function noRelease(
  repository: RepositorySpec,
  suite: string,
  attempts: readonly Attempt[],
  offline: boolean,
): AppError {
  const [only] = attempts;
  if (attempts.length === 1 && only?.error.kind === 'verification') return only.error;
  const refusal = refusalIn(attempts);
  if (refusal !== undefined) return refusal;
  const where = `${repository.name} ${suite}`;
  return new AppError({
    kind: 'network',
    code: 'fetch.release',
    what: 'no mirror serves the Release file',
    where,
    expected: 'a signed InRelease file',
    got: offline ? 'no network, as --offline asks' : describeAttempts(attempts),
    next: `qubeforge lock --mirror ${repository.name}=URL`,
  });
}

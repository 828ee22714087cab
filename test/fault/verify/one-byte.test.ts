/**
 * One changed byte at each link of the chain of trust, from the text of the InRelease to a blob in the
 * store: refused with exit code 3, in words that name the link, what was expected and what was got, and
 * nothing of it is left anywhere.
 */
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { describeError, type AppError } from '../../../core/errors.ts';
import { sha256 } from '../../../core/digest.ts';
import type { WantedFile } from '../../../builder/fetch/files.ts';
import { parseLock, printLock } from '../../../builder/lock/lock-file.ts';
import type { Lock } from '../../../builder/lock/schema.ts';
import { proofError, proveLock } from '../../../builder/lock/prove.ts';
import { openIndex } from '../../../builder/fetch/indexes.ts';
import { EvidenceDirectory } from '../../../builder/store/evidence.ts';
import { openStore } from '../../../builder/store/store.ts';
import { fetcherFor } from '../../support/fetcher.ts';
import { lockMirror } from '../../support/locking.ts';
import { poolPath, startMiniMirror, type MirrorSuite } from '../../support/mini-mirror.ts';
import { appErrorOf } from '../../support/only-app-errors.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { keyringOf, makeTestKey } from '../../support/test-keys.ts';

const DAY = 24 * 3600_000;
const date = new Date(Math.floor(Date.now() / 1000) * 1000 - 3600_000);
const suite: MirrorSuite = { suite: 'trixie', date, packages: [{ name: 'hello' }] };
const mirror = await startMiniMirror({ suites: [suite] });
const pristine = new Map(mirror.content);
const IN_RELEASE = 'dists/trixie/InRelease';
const HELLO = poolPath({ name: 'hello' });
afterAll(() => mirror[Symbol.asyncDispose]());
beforeEach(() => {
  mirror.content = new Map(pristine);
});

async function setup() {
  const dir = await temporaryDirectory();
  const store = await openStore(join(dir.path, 'cache'));
  const evidence = join(dir.path, 'evidence');
  return {
    directory: dir.path,
    store,
    evidence,
    ...fetcherFor(store, mirror),
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await dir[Symbol.asyncDispose]();
    },
  };
}
type Setup = Awaited<ReturnType<typeof setup>>;

/** Files of the store and the evidence, without the lease of this process. */
async function filesOf(at: Setup): Promise<string[]> {
  const entries = await readdir(at.directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.parentPath.endsWith('leases'));
  return files.map((entry) => join(entry.parentPath, entry.name)).sort();
}

/** Locking fails, says what it must say, and leaves nothing. */
async function refusedWhenLocking(
  expected: { readonly code: string; readonly says: readonly string[] },
  fetcher?: (at: Setup) => Setup['fetcher'],
  previous?: Lock,
): Promise<void> {
  await using at = await setup();
  const before = await filesOf(at);
  const error = await appErrorOf(() =>
    lockMirror(fetcher?.(at) ?? at.fetcher, mirror, at.evidence, { previous }),
  );
  refused(error, expected);
  expect(await filesOf(at)).toEqual(before);
}

function refused(error: AppError, { code, says }: { code: string; says: readonly string[] }): void {
  const text = describeError(error);
  expect({ code: error.code, exit: error.exitCode }, text).toEqual({ code, exit: 3 });
  for (const part of [...says, 'expected:', 'got:']) expect(text).toContain(part);
}

/** `data` with the byte at `at` changed in one bit. */
function flip(data: Buffer, at: number): Buffer {
  const copy = Buffer.from(data);
  copy[at]! ^= 1;
  return copy;
}

describe('the Release file', () => {
  test('one byte of the text', async () => {
    const text = pristine.get(IN_RELEASE)!;
    mirror.content.set(IN_RELEASE, flip(text, text.indexOf('Mini Mirror')));
    const says = ['does not fit the text', IN_RELEASE, mirror.key.fingerprint];
    await refusedWhenLocking({ code: 'openpgp.bad-signature', says });
  });

  test('one byte of the signature', async () => {
    const text = pristine.get(IN_RELEASE)!.toString();
    // The last line of the armor is the end of the signature's numbers.
    const lines = text.trimEnd().split('\n');
    const at = lines.length - (lines.at(-2)!.startsWith('=') ? 3 : 2);
    lines[at] = lines[at]!.replace(/^(.)(.)/, (_, a: string, b: string) => a + (b === 'A' ? 'B' : 'A'));
    mirror.content.set(IN_RELEASE, Buffer.from(`${lines.join('\n')}\n`));
    await refusedWhenLocking({ code: 'openpgp.bad-signature', says: ['signature', IN_RELEASE] });
  });

  test('a key that is not pinned', async () => {
    const other = await makeTestKey();
    await mirror.publish([{ ...suite, signers: [other] }]);
    const subkey = other.publicKey.subkeys[0]!.getFingerprint().toUpperCase();
    const says = ['not pinned', subkey, mirror.key.fingerprint];
    await refusedWhenLocking({ code: 'openpgp.unknown-key', says });
  });

  test('a key that has expired', async () => {
    const created = new Date(Date.now() - 10 * DAY);
    const expired = await makeTestKey({ created, lifetime: (9 * DAY) / 1000 });
    const signers = [expired];
    await mirror.publish([{ ...suite, signers, date: new Date(date.getTime() - 2 * DAY) }]);
    const keyring = await keyringOf([mirror.key, expired]);
    await using at = await setup();
    const { fetcher } = fetcherFor(at.store, mirror, { keyring: () => Promise.resolve(keyring) });
    const repository = { ...mirror.repository, keys: [expired.fingerprint] };
    const before = await filesOf(at);
    const error = await appErrorOf(() => fetcher.fetchRelease(repository, 'trixie'));
    refused(error, { code: 'openpgp.key-expired', says: [expired.fingerprint, 'qubeforge keys check'] });
    expect(await filesOf(at)).toEqual(before);
  });

  test('Valid-Until has passed', async () => {
    const old = new Date(date.getTime() - 8 * DAY);
    await mirror.publish([{ ...suite, date: old }]);
    const until = new Date(old.getTime() + 7 * DAY).toISOString();
    await refusedWhenLocking({ code: 'release.expired', says: ['Valid-Until', until] });
  });

  test('an older Date than the locked one', async () => {
    await using at = await setup();
    const { lock } = await lockMirror(at.fetcher, mirror, at.evidence);
    const older = new Date(date.getTime() - 1000);
    await mirror.publish([{ ...suite, date: older }]);
    const says = ['older than the locked one', date.toISOString(), older.toISOString()];
    await refusedWhenLocking({ code: 'release.rollback', says }, undefined, lock);
  });
});

describe('an index', () => {
  const packages = [...pristine.keys()].filter((path) => path.includes('binary-amd64'));

  test.each(['changed', 'shorter', 'longer'])('%s', async (how) => {
    for (const path of packages) {
      const bytes = pristine.get(path)!;
      const bad = {
        changed: flip(bytes, bytes.length >> 1),
        shorter: bytes.subarray(0, -1),
        longer: Buffer.concat([bytes, Buffer.from('\n')]),
      };
      mirror.content.set(path, bad[how as keyof typeof bad]);
    }
    const code = how === 'changed' ? 'chain.index' : 'http.size';
    await refusedWhenLocking({ code, says: ['signed', 'main/binary-amd64', 'bytes'] });
  });
});

describe('a file of the pool', () => {
  const deb = pristine.get(HELLO)!;

  async function wanted(at: Setup): Promise<WantedFile[]> {
    const { lock } = await lockMirror(at.fetcher, mirror, at.evidence);
    return lock.packages.map(({ name, version, ...entry }) => ({
      ...entry,
      what: `${name} ${version}`,
      repository: mirror.repository,
    }));
  }

  test.each([
    ['truncated', deb.subarray(0, -1), 'http.size', `${deb.length - 1} bytes`],
    ['longer', Buffer.concat([deb, Buffer.from([0])]), 'http.size', `${deb.length + 1} bytes`],
    ['of the same length', flip(deb, deb.length - 1), 'chain.file', sha256(flip(deb, deb.length - 1))],
  ])('%s', async (_, bytes, code, got) => {
    await using at = await setup();
    const files = await wanted(at);
    const before = await filesOf(at);
    mirror.content.set(HELLO, bytes);
    const error = await appErrorOf(() => at.fetcher.fetchFiles(files));
    refused(error, { code, says: [HELLO.split('/').at(-1)!, `${deb.length} bytes`, got] });
    expect(await filesOf(at)).toEqual(before);
  });

  test('longer than announced by a server that does not say how long', async () => {
    await using at = await setup();
    await using writer = await at.store.createWriter({ size: deb.length, sha256: sha256(deb), where: HELLO });
    await writer.write(deb);
    const error = await appErrorOf(() => writer.write(Buffer.from('x')));
    refused(error, { code: 'chain.file', says: [HELLO, `more than ${deb.length} bytes`] });
  });
});

test('any byte of the lock', async () => {
  await using at = await setup();
  const text = Buffer.from(printLock((await lockMirror(at.fetcher, mirror, at.evidence)).lock));
  for (let index = 0; index < text.length; index += 1) {
    const error = await appErrorOf(() => parseLock(flip(text, index).toString('latin1'), 'mini.lock.json'));
    expect(error.exitCode).toBe(3);
    expect(error.code).toMatch(/^lock\.(edited|malformed)$/);
    expect(error.where).toBe('mini.lock.json');
  }
});

test('one byte of a blob in the store: refused, named, removed, and fetched anew', async () => {
  await using at = await setup();
  const { lock } = await lockMirror(at.fetcher, mirror, at.evidence);
  const [entry] = lock.packages;
  const files = [{ ...entry!, what: 'hello', repository: mirror.repository }];
  await at.fetcher.fetchFiles(files);
  const path = await at.store.verified(entry!);
  await chmod(path, 0o644);
  await writeFile(path, flip(await readFile(path), 200));
  await using later = await openStore(join(at.directory, 'cache'));
  const error = await appErrorOf(() => later.verified(entry!, 'hello 1.0-1 (amd64)'));
  refused(error, {
    code: 'store.blob',
    says: ['hello 1.0-1 (amd64)', entry!.sha256, 'run the command again'],
  });
  expect(await filesOf(at)).not.toContain(path);
  await at.fetcher.fetchFiles(files);
  expect((await later.read(entry!)).equals(pristine.get(HELLO)!)).toBe(true);
});

test('one byte of the archived InRelease, or of an index in the store, when a lock is proved', async () => {
  const plain = gunzipSync(pristine.get('dists/trixie/main/binary-amd64/Packages.gz')!);
  for (const link of ['evidence', 'index'] as const) {
    await using at = await setup();
    const { lock } = await lockMirror(at.fetcher, mirror, at.evidence);
    const path =
      link === 'evidence'
        ? join(at.evidence, (await readdir(at.evidence))[0]!)
        : await at.store.verified({ sha256: sha256(plain) });
    await chmod(path, 0o644);
    await writeFile(path, flip(await readFile(path), 100));
    await using later = await openStore(join(at.directory, 'cache'));
    const proof = await proveLock(lock, {
      keyring: mirror.keyring,
      allowedKeys: () => [mirror.key.fingerprint],
      evidence: new EvidenceDirectory(at.evidence),
      openIndex: (index) => openIndex(later, index),
      now: new Date(),
    });
    expect(proof.broken[0]?.link).toBe(link);
    refused(proofError(proof, 'mini.lock.json'), { code: 'lock.proof', says: [link, 'SHA-256'] });
  }
});

import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LockedUpstream } from '../../../builder/lock/upstream-schema.ts';
import { GitServer, sampleRepository } from '../../support/git-samples.ts';
import type { Outcome } from '../../support/mini-project.ts';
import { makeTestKey } from '../../support/test-keys.ts';
import {
  startReleases,
  TINY_XEN,
  upstreamProject,
  type ReleaseServer,
  type UpstreamProject,
} from '../../support/upstream-project.ts';

let fixture: UpstreamProject;
beforeEach(async () => {
  fixture = await upstreamProject();
});
afterEach(async () => {
  await fixture[Symbol.asyncDispose]();
});

const run = (...args: string[]): Promise<Outcome> => fixture.project.run(...args);

async function succeed(...args: string[]): Promise<string> {
  const outcome = await run(...args);
  expect(outcome.error?.text).toBeUndefined();
  return outcome.text;
}

async function refused(code: string, ...args: string[]): Promise<string> {
  const { code: exit, error } = await run(...args);
  expect(error).toMatchObject({ kind: 'verification', code, exitCode: 3 });
  expect(exit).toBe(3);
  return error?.text ?? '';
}

const lockFile = (): string => fixture.project.path('recipes', 'locks', 'xen-upstream.lock.json');

async function locked(): Promise<LockedUpstream> {
  const lock = JSON.parse(await readFile(lockFile(), 'utf8')) as { readonly upstream: LockedUpstream };
  return lock.upstream;
}

function blobOf({ sha256 }: LockedUpstream): string {
  return `${fixture.project.cache}/store/v1/blobs/sha256/${sha256.slice(0, 2)}/${sha256}`;
}

/** Flips a bit of a file in place. */
async function damage(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes[Math.floor(bytes.length / 2)]! ^= 1;
  await rm(path);
  await writeFile(path, bytes);
}

async function damageEvidence(ending: string): Promise<void> {
  const directory = fixture.project.path('recipes', 'locks', 'evidence');
  const names = (await readdir(directory)).filter((name) => name.endsWith(ending));
  for (const name of names) await damage(`${directory}/${name}`);
}

describe('a tarball with a detached signature', () => {
  let releases: ReleaseServer;
  beforeEach(async () => {
    releases = await startReleases();
    await releases.publish('xen-4.20.0', fixture.key);
    await fixture.writeRecipe(releases.sourceOf('xen-4.20.0', fixture.key));
  });
  afterEach(async () => {
    await releases[Symbol.asyncDispose]();
  });

  it('is locked exactly, proved offline, fetched again by its hash, and its moves are shown', async () => {
    await succeed('lock', 'xen-upstream');
    expect(await locked()).toMatchObject({
      ...{ kind: 'tarball', name: 'xen-4.20.0', signer: fixture.key.fingerprint },
      size: releases.content.get('xen-4.20.0.tar.gz')!.length,
    });
    await releases.server[Symbol.asyncDispose]();
    expect(await succeed('verify', 'xen-upstream', '--offline')).toMatch(/1 of 1 sources: key, signature/);
    expect(await succeed('build', 'xen-upstream', '--dry-run')).toMatch(/Compile Xen xen-4\.20\.0/);
    expect(await succeed('explain', 'xen-upstream')).toMatch(/Compile Xen xen-4\.20\.0/);
  });

  it('moves to another release by the recipe, and the lock says what moved', async () => {
    await succeed('lock', 'xen-upstream');
    await releases.publish('xen-4.20.1', fixture.otherKey);
    await fixture.writeRecipe(releases.sourceOf('xen-4.20.1', fixture.otherKey));
    expect((await run('build', 'xen-upstream', '--dry-run')).error?.code).toBe('lock.stale');
    const text = await succeed('lock', 'xen-upstream', '--update');
    expect(text).toMatch(/upstream xen-4\.20\.0 \(SHA-256 \w+\) → xen-4\.20\.1 \(SHA-256/);
    expect(text).toContain(`signed by ${fixture.key.fingerprint} → ${fixture.otherKey.fingerprint}`);
  });

  it('goes on no medium, whose dom0 has the hypervisor of a package', async () => {
    const medium = {
      name: 'medium',
      kind: 'iso',
      family: 'debian',
      toolbox: 'mini',
      'image-toolbox': 'mini',
    };
    const { repositories } = JSON.parse(
      await readFile(fixture.project.path('recipes', 'mini.yaml'), 'utf8'),
    ) as {
      readonly repositories: unknown;
    };
    await writeFile(
      fixture.project.path('recipes', 'medium.yaml'),
      JSON.stringify({ ...medium, repositories, xen: 'xen-upstream' }),
    );
    expect((await run('lock', 'medium')).error).toMatchObject({ code: 'iso.xen-upstream', exitCode: 2 });
  });

  it('comes from another place by --mirror, signature and all', async () => {
    await using other = await startReleases();
    for (const [path, bytes] of releases.content) other.content.set(path, bytes);
    releases.content.clear();
    expect((await run('lock', 'xen-upstream')).error).toMatchObject({
      kind: 'network',
      code: 'fetch.upstream',
    });
    await succeed('lock', 'xen-upstream', '--mirror', `upstream=${other.server.url}`);
  });

  it.each<[string, string, (server: ReleaseServer) => Promise<unknown>]>([
    [
      'with a changed byte',
      'openpgp.bad-signature',
      async ({ content }) => {
        content.get('xen-4.20.0.tar.gz')![30]! ^= 1;
        return Promise.resolve();
      },
    ],
    [
      'signed by a key that the recipe does not name',
      'openpgp.unknown-key',
      (server) => server.publish('xen-4.20.0', fixture.otherKey),
    ],
    [
      'signed by a key that is not pinned',
      'openpgp.unknown-key',
      async (server) => server.publish('xen-4.20.0', await makeTestKey({ name: 'Somebody' })),
    ],
    [
      'of another release',
      'tarball.name',
      (server) => server.publish('xen-4.20.0', fixture.key, 'xen-4.19.0'),
    ],
    [
      'signed in the future',
      'openpgp.future',
      (server) =>
        server.publish('xen-4.20.0', fixture.key, 'xen-4.20.0', new Date(Date.now() + 40 * 24 * 3600_000)),
    ],
    [
      'with an empty signature',
      'openpgp.no-signature',
      async ({ content }) => Promise.resolve(content.set('xen-4.20.0.tar.gz.sig', Buffer.alloc(0))),
    ],
  ])('%s is refused', async (_, code, change) => {
    await change(releases);
    await refused(code, 'lock', 'xen-upstream');
    expect(await readdir(fixture.project.path('recipes', 'locks'))).not.toContain('xen-upstream.lock.json');
  });

  it('is refused by a build when the server has other bytes than the lock', async () => {
    await succeed('lock', 'xen-upstream');
    await fixture.forget();
    await releases.publish('xen-4.20.0', fixture.key);
    releases.content.set('xen-4.20.0.tar.gz', Buffer.alloc((await locked()).size));
    await refused('chain.file', 'build', 'xen-upstream');
  });

  it('is named by a proof when its bytes, its signature, or its key changed', async () => {
    await succeed('lock', 'xen-upstream');
    await damageEvidence('.tarball.sig');
    expect(await refused('verify.broken', 'verify', 'xen-upstream', '--offline')).toMatch(
      /source: xen-4\.20\.0/,
    );
    await succeed('lock', 'xen-upstream', '--update');
    await damage(blobOf(await locked()));
    expect(await refused('verify.broken', 'verify', 'xen-upstream', '--offline')).toMatch(/store\.blob/);
    expect(await refused('verify.broken', 'verify', 'xen-upstream', '--offline')).toMatch(/store\.missing/);
    expect(await succeed('verify', 'xen-upstream')).toMatch(/1 of 1 sources: key/);
    await fixture.writeRecipe(releases.sourceOf('xen-4.20.0', fixture.otherKey));
    expect(await refused('verify.broken', 'verify', 'xen-upstream', '--offline')).toMatch(
      /openpgp\.unknown-key/,
    );
  });
});

describe('a signed tag of git', () => {
  const files = { ...TINY_XEN, 'docs/long': 'x'.repeat(5000), 'docs/longer': `${'x'.repeat(5000)}y` };
  let server: GitServer;
  const source = (tag = 'v1.0'): object => ({ git: server.url, tag, keys: [fixture.key.fingerprint] });
  beforeEach(async () => {
    server = await new GitServer(await sampleRepository(files, { key: fixture.key })).start();
    await fixture.writeRecipe(source());
  });
  afterEach(async () => {
    await server[Symbol.asyncDispose]();
  });

  it('is locked down to its tree, proved offline, and fetched again in whatever pack the server makes', async () => {
    await succeed('lock', 'xen-upstream');
    const { tag, commit, tree } = server.repository;
    expect(await locked()).toMatchObject({ kind: 'git', name: 'v1.0', tag, commit, tree });
    await fixture.forget();
    server.deltas = 'offset';
    expect(await succeed('verify', 'xen-upstream')).toMatch(/1 of 1 sources: key, signature/);
    await server[Symbol.asyncDispose]();
    expect(await succeed('verify', 'xen-upstream', '--offline')).toMatch(/1 of 1 sources are here/);
  });

  it.each<[string, string, () => Promise<unknown>]>([
    [
      'with a changed byte in the pack',
      'git.pack',
      () => {
        server.spoil = (pack) => {
          pack[pack.length - 40]! ^= 1;
          return pack;
        };
        return Promise.resolve();
      },
    ],
    [
      'signed by a key that the recipe does not name',
      'openpgp.unknown-key',
      async () => (server.repository = await sampleRepository(files, { key: fixture.otherKey })),
    ],
    [
      'that was signed under another name',
      'git.tag',
      async () =>
        (server.repository = await sampleRepository(files, { key: fixture.key, signedName: 'v0.9' })),
    ],
    [
      'without one of its files',
      'git.missing',
      () => {
        const { objects } = server.repository;
        const some = [...objects].filter(([, { type }]) => type !== 'blob');
        server.repository = { ...server.repository, objects: new Map(some) };
        return Promise.resolve();
      },
    ],
  ])('%s is refused', async (_, code, change) => {
    await change();
    await refused(code, 'lock', 'xen-upstream');
  });

  it('is refused when it is another one than the lock names', async () => {
    await succeed('lock', 'xen-upstream');
    await fixture.forget();
    server.repository = await sampleRepository({ ...files, README: 'moved' }, { key: fixture.key });
    await refused('git.moved', 'build', 'xen-upstream');
  });

  it('is named by a proof when one of its objects or its files changed', async () => {
    await succeed('lock', 'xen-upstream');
    await damageEvidence('.git-commit');
    expect(await refused('verify.broken', 'verify', 'xen-upstream', '--offline')).toMatch(/git\.commit-id/);
    await succeed('lock', 'xen-upstream', '--update');
    await damageEvidence('.git-tag');
    expect(await refused('verify.broken', 'verify', 'xen-upstream', '--offline')).toMatch(/openpgp|git\.tag/);
    await succeed('lock', 'xen-upstream', '--update');
    await damage(blobOf(await locked()));
    expect(await refused('verify.broken', 'verify', 'xen-upstream', '--offline')).toMatch(/store\.blob/);
  });

  it('that the repository does not have, and a server that has no git, are said so', async () => {
    await fixture.writeRecipe(source('v9.9'));
    expect((await run('lock', 'xen-upstream')).error).toMatchObject({ code: 'fetch.upstream', exitCode: 4 });
    await using releases = await startReleases();
    await fixture.writeRecipe({
      git: `${releases.server.url}/xen.git`,
      tag: 'v1.0',
      keys: [fixture.key.fingerprint],
    });
    expect((await run('lock', 'xen-upstream')).error).toMatchObject({ code: 'fetch.upstream', exitCode: 4 });
  });
});

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../core/errors.ts';
import { sha256 } from '../../../core/digest.ts';
import type { FedoraLock } from '../../../builder/lock/fedora-schema.ts';
import { parseLock } from '../../../builder/lock/lock-file.ts';
import { miniFedora, RECIPE, type MiniFedora } from '../../support/fedora/mini-fedora.ts';
import { rpmPath } from '../../support/fedora/repository.ts';
import { HELLO, helloPackages, TAMPER_CASES } from '../../support/fedora/tampering.ts';
import type { Outcome } from '../../support/mini-project.ts';

/** Exit 3, a message with what, expected and got; nothing unpacked, nothing put out. */
function expectRefused(fedora: MiniFedora, outcome: Outcome, code: string): void {
  expect(outcome).toMatchObject({ code: 3, error: { kind: 'verification', code, exitCode: 3 } });
  expect(outcome.error?.text).toMatch(/expected: /);
  expect(outcome.error?.text).toMatch(/got: /);
  expectNothing(fedora);
}

function expectNothing({ project }: MiniFedora): void {
  expect(existsSync(project.path('out'))).toBe(false);
  expect(existsSync(join(project.cache, 'store', 'v1', 'trees'))).toBe(false);
}

/** A project with a lock of a sound repository. */
async function locked(scheme: 'http' | 'https' = 'http'): Promise<MiniFedora> {
  const fedora = await miniFedora(scheme);
  fedora.publish(await helloPackages(fedora.keys.good));
  expect((await fedora.project.run('lock', 'mini')).code).toBe(0);
  if (scheme === 'http') await fedora.lock();
  return fedora;
}

describe('a package that is not what Fedora signed', () => {
  it('is locked and proved when nothing is wrong with it', async () => {
    await using fedora = await locked();
    const outcome = await fedora.project.run('verify', RECIPE, '--offline');
    expect(outcome.error?.text).toBeUndefined();
    expect(outcome.text).toContain(`${RECIPE}: proved`);
  });

  it.each(TAMPER_CASES)('is not locked: $name', async ({ code, says, make }) => {
    await using fedora = await miniFedora();
    fedora.publish(await helloPackages(fedora.keys.good, await make(fedora.keys)));
    const error: unknown = await fedora.lock().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ kind: 'verification', code, exitCode: 3 });
    expect((error as AppError).message).toMatch(says);
    expect(existsSync(fedora.lockPath)).toBe(false);
    expectNothing(fedora);
  });

  it.each(TAMPER_CASES)('is not built from a lock of the sound one: $name', async ({ make }) => {
    await using fedora = await locked();
    const bytes = await make(fedora.keys);
    const isSameSize = bytes.length === fedora.content.get(rpmPath(HELLO))!.length;
    await fedora.emptyStore();
    fedora.content.set(rpmPath(HELLO), bytes);
    const outcome = await fedora.project.run('build', RECIPE);
    // A mirror says how long a file is: then not a byte of it is taken.
    expectRefused(fedora, outcome, isSameSize ? 'chain.file' : 'http.size');
    expect(outcome.error?.text).toContain(rpmPath(HELLO));
  });

  it.each(TAMPER_CASES.filter(({ code }) => code !== 'openpgp.key-expired'))(
    'is found by verify though the lock was forged to fit: $name',
    async ({ code, make }) => {
      await using fedora = await locked();
      const bytes = await make(fedora.keys);
      fedora.content.set(rpmPath(HELLO), bytes);
      await fedora.emptyStore();
      const lock = parseLock(await fedora.readLock(), RECIPE) as FedoraLock;
      const forged = { size: bytes.length, sha256: sha256(bytes) };
      const packages = lock.packages.map((rpm) => (rpm.name === 'hello' ? { ...rpm, ...forged } : rpm));
      await fedora.writeLock({ ...lock, packages });
      const outcome = await fedora.project.run('verify', RECIPE);
      expectRefused(fedora, outcome, 'verify.broken');
      const named = code === 'rpm.other-package' ? 'rpm.locked-name' : code;
      expect(outcome.error?.text).toContain(`[${named}]`);
      expect(outcome.error?.text).toContain('package: hello 1.0-1.fc43 (noarch)');
    },
  );
});

describe('metadata that must not be believed', () => {
  it('is older than what was locked', async () => {
    await using fedora = await locked();
    const before = await fedora.readLock();
    fedora.publish(await helloPackages(fedora.keys.good), 60);
    const outcome = await fedora.project.run('lock', RECIPE, '--update');
    expectRefused(fedora, outcome, 'repomd.rollback');
    expect(await fedora.readLock()).toBe(before);
  });

  it.each([
    ['is not the one that the metalink names', 'repomd.metalink', false],
    ['is an older state that the metalink still lists', 'repomd.stale', true],
  ] as const)('%s', async (_, code, isAlternate) => {
    await using fedora = await locked('https');
    const served = fedora.content.get('repodata/repomd.xml')!;
    const newest = Buffer.from(served.toString().replace('<revision>', '<revision>1'));
    fedora.content.set('metalink?repo=hello', metalink(fedora, newest, isAlternate ? served : undefined));
    await fedora.writeRecipe({ metalink: `${fedora.server.url}/metalink?repo=hello`, mirrors: [] });
    const outcome = await fedora.runTrusting('lock', RECIPE);
    expectRefused(fedora, outcome, code);
    expect(outcome.error?.text).toContain(sha256(newest));
    expect(existsSync(fedora.lockPath)).toBe(false);
  });
});

/** A metalink that vouches for `newest` and names the test's mirror. */
function metalink({ server }: MiniFedora, newest: Buffer, alternate: Buffer | undefined): Buffer {
  const file = (bytes: Buffer): string =>
    `<mm0:timestamp>1750007200</mm0:timestamp><size>${bytes.length}</size><verification>` +
    `<hash type="sha256">${sha256(bytes)}</hash></verification>`;
  const older =
    alternate === undefined
      ? ''
      : `<mm0:alternates><mm0:alternate>${file(alternate)}</mm0:alternate></mm0:alternates>`;
  return Buffer.from(`<?xml version="1.0" encoding="utf-8"?>
<metalink version="3.0" xmlns="http://www.metalinker.org/" xmlns:mm0="http://fedorahosted.org/mirrormanager">
  <files><file name="repomd.xml">${file(newest)}${older}
    <resources><url protocol="https" type="https" preference="100">${server.url}/repodata/repomd.xml</url></resources>
  </file></files>
</metalink>
`);
}

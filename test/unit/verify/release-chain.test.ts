import { describe, expect, test } from 'vitest';
import { sha256 } from '../../../core/digest.ts';
import { verifyIndex, verifyRelease, type ReleaseOptions } from '../../../builder/verify/release-chain.ts';
import { mirrorContent, type MirrorSuite } from '../../support/mirror-content.ts';
import { appErrorOf, codeOf } from '../../support/only-app-errors.ts';
import { clearsign, keyringOf, makeTestKey } from '../../support/test-keys.ts';

const date = new Date('2026-05-31T12:00:00Z');
const now = new Date('2026-06-01T12:00:00Z');
const DAY = 24 * 3600_000;
const key = await makeTestKey({ created: new Date('2026-01-01') });
const keyring = await keyringOf([key]);
const suite: MirrorSuite = { suite: 'trixie', codename: 'thirteen', date, packages: [{ name: 'hello' }] };
const content = await mirrorContent([suite], key);
const inRelease = content.get('dists/trixie/InRelease')!;
const options: ReleaseOptions = { where: 'InRelease', suite: 'trixie', now, checkFreshness: true };
const verify = (more: Partial<ReleaseOptions> = {}, data = inRelease) =>
  verifyRelease({ inRelease: data }, keyring, [key.fingerprint], { ...options, ...more });

describe('verifyRelease', () => {
  test('reads what was signed', async () => {
    const verified = await verify();
    expect(verified.release).toMatchObject({ suite: 'trixie', codename: 'thirteen', date });
    expect(verified.signer).toBe(key.fingerprint);
    expect(verified.release.files.get('main/binary-amd64/Packages.gz')?.sha256).toBe(
      sha256(content.get('dists/trixie/main/binary-amd64/Packages.gz')!),
    );
  });

  test('takes Release with a detached signature', async () => {
    const [release, signature] = ['Release', 'Release.gpg'].map((name) =>
      content.get(`dists/trixie/${name}`)!,
    );
    const signed = { release: release!, signature: signature! };
    expect((await verifyRelease(signed, keyring, [key.fingerprint], options)).release.date).toEqual(date);
    const changed = {
      release: Buffer.from(release!.toString().replace('thirteen', 'fourteen')),
      signature: signature!,
    };
    const error = await appErrorOf(() => verifyRelease(changed, keyring, [key.fingerprint], options));
    expect(error.code).toBe('openpgp.bad-signature');
  });

  test('accepts the codename as the name of the suite, and no other', async () => {
    await verify({ suite: 'thirteen' });
    expect(await appErrorOf(() => verify({ suite: 'trixie-security' }))).toMatchObject({
      code: 'release.suite',
      expected: 'trixie-security',
      got: 'suite trixie, codename thirteen',
    });
  });

  test('refuses a Release past its Valid-Until when locking only', async () => {
    const later = new Date(date.getTime() + 8 * DAY);
    const error = await appErrorOf(() => verify({ now: later }));
    expect(error.code).toBe('release.expired');
    expect(error.got).toContain('2026-06-07');
    await verify({ now: later, checkFreshness: false });
  });

  test('refuses a Date in the future, but for a small difference of clocks', async () => {
    await verify({ now: new Date(date.getTime() - 60_000) });
    const error = await appErrorOf(() => verify({ now: new Date(date.getTime() - 10 * 60_000) }));
    expect(error.code).toBe('openpgp.future');
    const dated = await mirrorContent([{ ...suite, date: new Date(date.getTime() + 2 * DAY) }], key);
    // A Release signed before the date that it carries.
    const text = dated.get('dists/trixie/Release')!;
    const early = await clearsign(text.toString(), key, date);
    expect((await appErrorOf(() => verify({}, early))).code).toBe('release.future');
  });

  test('refuses an older Date than the locked one, with the clock asked or not', async () => {
    for (const checkFreshness of [true, false]) {
      const error = await appErrorOf(() =>
        verify({ checkFreshness, notBefore: new Date(date.getTime() + 1000) }),
      );
      expect(error).toMatchObject({ kind: 'verification', code: 'release.rollback' });
      expect(error.expected).toContain('2026-05-31T12:00:01');
    }
    await verify({ notBefore: date });
  });
});

describe('verifyIndex', () => {
  const path = 'main/binary-amd64/Packages.gz';
  const bytes = content.get(`dists/trixie/${path}`)!;

  test('returns the entry of the right bytes', async () => {
    const { release } = await verify();
    expect(verifyIndex(release, path, bytes, 'x')).toEqual({ size: bytes.length, sha256: sha256(bytes) });
  });

  test('refuses other bytes, another length, and a path that is not listed', async () => {
    const { release } = await verify();
    const changed = Buffer.from(bytes);
    changed[5]! ^= 1;
    expect(codeOf(() => verifyIndex(release, path, changed, 'x'))).toBe('chain.index');
    const cut = await appErrorOf(() => verifyIndex(release, path, bytes.subarray(1), 'x'));
    expect([cut.expected, cut.got]).toEqual([`${bytes.length} bytes`, `${bytes.length - 1} bytes`]);
    expect(codeOf(() => verifyIndex(release, 'main/other', bytes, 'x'))).toBe('chain.unlisted');
  });
});

import { createHash } from 'node:crypto';
import { createMessage, sign } from 'openpgp';
import { beforeAll, describe, expect, it } from 'vitest';
import { verifyGitTag } from '../../../builder/verify/git-tag.ts';
import type { VerifyOptions } from '../../../builder/verify/openpgp.ts';
import { keyringOf, makeTestKey, type TestKey } from '../../support/test-keys.ts';

const COMMIT = 'c42374a105bdcc4b3ed1f7c2f0e3f2f0aa1b2c3d';

let key: TestKey;
let options: VerifyOptions;

beforeAll(async () => {
  key = await makeTestKey({ name: 'Release Manager' });
  options = { keyring: await keyringOf([key]), where: 'xen.git', now: new Date(), keysValid: 'now' };
});

/** A tag as `git tag -s` makes it. */
async function signedTag(name: string, type = 'commit', by = key): Promise<Buffer> {
  const payload = `object ${COMMIT}\ntype ${type}\ntag ${name}\ntagger R <r@example.org> 1700000000 +0000\n\n${name}\n`;
  const message = await createMessage({ binary: Buffer.from(payload) });
  const armored = String(await sign({ message, signingKeys: by.privateKey, detached: true }));
  return Buffer.from(payload + armored.replaceAll('\r\n', '\n'));
}

describe('verifyGitTag', () => {
  it('gives the commit, the signer and the id that git gives the tag', async () => {
    const raw = await signedTag('RELEASE-4.20.0');
    const tag = await verifyGitTag(raw, { name: 'RELEASE-4.20.0' }, options);
    const id = createHash('sha1').update(`tag ${raw.length}\0`).update(raw).digest('hex');
    expect(tag).toMatchObject({ commit: COMMIT, name: 'RELEASE-4.20.0', signer: key.fingerprint, id });
  });

  it('refuses a genuine tag that is shown under another name', async () => {
    const raw = await signedTag('RELEASE-4.19.0');
    await expect(verifyGitTag(raw, { name: 'RELEASE-4.20.0' }, options)).rejects.toMatchObject({
      kind: 'verification',
      code: 'git.tag',
      got: 'RELEASE-4.19.0',
    });
  });

  it('refuses a tag of something other than a commit', async () => {
    const raw = await signedTag('v1', 'tree');
    await expect(verifyGitTag(raw, { name: 'v1' }, options)).rejects.toMatchObject({ code: 'git.tag' });
  });

  it('refuses a tag whose commit was exchanged', async () => {
    const raw = Buffer.from((await signedTag('v1')).toString().replace(COMMIT, COMMIT.replace('c', 'd')));
    await expect(verifyGitTag(raw, { name: 'v1' }, options)).rejects.toMatchObject({
      code: 'openpgp.bad-signature',
    });
  });

  it('refuses the signature of a key that is not pinned, and a tag without one', async () => {
    const raw = await signedTag('v1', 'commit', await makeTestKey({ name: 'Somebody' }));
    await expect(verifyGitTag(raw, { name: 'v1' }, options)).rejects.toMatchObject({
      code: 'openpgp.unknown-key',
    });
    const bare = Buffer.from(`object ${COMMIT}\ntype commit\ntag v1\ntagger R <r@e> 1 +0000\n\nv1\n`);
    await expect(verifyGitTag(bare, { name: 'v1' }, options)).rejects.toMatchObject({ code: 'git.tag' });
  });
});

import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { verifyGitSource } from '../../../builder/verify/git-source.ts';
import { checkTopDirectory } from '../../../builder/verify/tarball.ts';
import { tarHeader, TAR_END } from '../../../builder/formats/tar-write.ts';
import { sampleRepository } from '../../support/git-samples.ts';
import { codeOfAsync } from '../../support/only-app-errors.ts';
import { keyringOf, makeTestKey } from '../../support/test-keys.ts';

describe('verifyGitSource', () => {
  it('follows a signed tag to its tree, and refuses another commit', async () => {
    const key = await makeTestKey();
    const { objects, tag, commit, tree } = await sampleRepository({ a: 'x' }, { key });
    const options = {
      keyring: await keyringOf([key]),
      where: 'x',
      now: new Date(),
      keysValid: 'now',
    } as const;
    const bytes = objects.get(tag)!.content;
    const content = objects.get(commit)!.content;
    const verified = await verifyGitSource(bytes, () => content, { name: 'v1.0' }, options);
    expect(verified).toMatchObject({
      id: tag,
      commit,
      tree,
      committed: 1_700_000_000,
      signer: key.fingerprint,
    });
    const other = Buffer.from(content.toString().replace('first', 'second'));
    const code = await codeOfAsync(() => verifyGitSource(bytes, () => other, { name: 'v1.0' }, options));
    expect(code).toBe('git.commit-id');
  });
});

describe('checkTopDirectory', () => {
  const archive = (path: string): Buffer =>
    Buffer.concat([
      tarHeader({ path, type: 'file', mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 0 }),
      TAR_END,
    ]);
  async function* one(bytes: Buffer): AsyncGenerator<Buffer> {
    yield await Promise.resolve(bytes);
  }

  it.each(['xen-4.20.0/Makefile', './xen-4.20.0/Makefile'])('takes %s, packed or not', async (path) => {
    await checkTopDirectory(one(archive(path)), 'xen-4.20.0', 'x');
    await checkTopDirectory(one(gzipSync(archive(path))), 'xen-4.20.0', 'x');
  });

  it.each(['xen-4.19.0/Makefile', 'Makefile', '/xen-4.20.0/Makefile'])('refuses %s', async (path) => {
    const code = await codeOfAsync(() => checkTopDirectory(one(gzipSync(archive(path))), 'xen-4.20.0', 'x'));
    expect(code).toBe('tarball.name');
  });

  it('refuses what holds nothing', async () => {
    expect(await codeOfAsync(() => checkTopDirectory(one(TAR_END), 'xen', 'x'))).toBe('tarball.name');
    expect(await codeOfAsync(() => checkTopDirectory(one(Buffer.alloc(0)), 'xen', 'x'))).toBe('tarball.name');
  });
});

import { describe, expect, it } from 'vitest';
import {
  createReleaseKey,
  releaseKeyOf,
  signRelease,
  verifyWithReleaseKey,
} from '../../../builder/release/release-key.ts';
import { mediumSections, parseMedium } from '../../../builder/report/medium.ts';
import { sectionsText } from '../../../builder/report/sections.ts';
import { codeOf, codeOfAsync } from '../../support/only-app-errors.ts';

const content = {
  ...{ format: 'qubeforge-medium/1', created: 1, label: 'X' },
  xen: { version: '4.20.4', origin: 'source', reproduced: 'yes' },
  locks: { iso: 'a', xen: 'b' },
  images: [{ name: 'dom0', kind: 'dom0', path: 'live/dom0.squashfs', sha256: 'c', size: 1, 'raw-size': 2 }],
  files: [
    { path: 'boot/xen.gz', size: 2048, sha256: 'd' },
    { path: 'boot/vmlinuz', size: 1024, sha256: 'e' },
  ],
};
const parse = (value: object): ReturnType<typeof parseMedium> => parseMedium(JSON.stringify(value), 'x.iso');

describe('the manifest of a medium', () => {
  it('is compared by hypervisor, locks and files', () => {
    const after = {
      ...content,
      xen: { ...content.xen, origin: 'distribution-binary', reproduced: 'unknown', note: 'no source' },
      locks: { iso: 'a', xen: 'z' },
      files: [content.files[0], { path: 'boot/initrd.img', size: 1024, sha256: 'f' }],
    };
    const text = sectionsText(mediumSections(parse(content), parse(after)), 10);
    expect(text).toMatch(
      /Hypervisor \(1\)\n {2}Xen 4\.20\.4: compiled from the source .*reproduced: yes +Xen 4\.20\.4: the distribution's binary/,
    );
    expect(text).toMatch(/Locks \(1\)\n {2}xen {2}b {2}z/);
    expect(text).toMatch(
      /Files on the medium \(2\)\n {2}boot\/vmlinuz +1\.0 KiB e +none\n {2}boot\/initrd\.img +none +1\.0 KiB f/,
    );
    expect(sectionsText(mediumSections(parse(content), parse(content)), 10)).toBe('no difference');
  });

  it('is refused when it is none', () => {
    expect(codeOf(() => parseMedium('{', 'x'))).toBe('medium.manifest');
    expect(codeOf(() => parse({ ...content, files: [{ path: 'a' }] }))).toBe('medium.manifest');
  });

  it('has a signature that holds for its bytes and its key only', async () => {
    const armored = await createReleaseKey('Somebody');
    const key = await releaseKeyOf(armored, 'key');
    const data = Buffer.from(JSON.stringify(content));
    const signature = await signRelease(armored, 'key', data, 1_750_000_000);
    const verify = (publicKey: string, bytes: Buffer): Promise<unknown> =>
      verifyWithReleaseKey(publicKey, 'x.iso', bytes, signature);
    expect(await verify(key.publicKey, data)).toEqual({ fingerprint: key.fingerprint, owner: 'Somebody' });
    const other = await releaseKeyOf(await createReleaseKey('Another'), 'key');
    expect(await codeOfAsync(() => verify(other.publicKey, data))).toBe('release.signature');
    expect(await codeOfAsync(() => verify(key.publicKey, Buffer.from('{}')))).toBe('release.signature');
    expect(await codeOfAsync(() => verify('nothing', data))).toBe('release.signature');
  });
});

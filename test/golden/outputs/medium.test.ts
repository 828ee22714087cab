import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../core/digest.ts';
import { mediumConfig, mediumVariables } from '../../../builder/outputs/grub/medium-config.ts';
import { xorrisoArguments } from '../../../builder/outputs/iso/assemble.ts';
import { manifestText } from '../../../builder/outputs/iso/manifest.ts';
import { mediumPaths } from '../../../builder/outputs/iso/medium.ts';
import { checksumList, PATHS, type MediumTree } from '../../../builder/outputs/iso/tree.ts';

const EPOCH = 1_785_535_166;

/** A medium whose files hold their own names. */
const tree: MediumTree = Object.fromEntries(
  mediumPaths([{ name: 'debian' }]).map((path) => [path, { sha256: sha256(path), size: path.length }]),
);

describe('the texts of a medium', () => {
  it('have a boot menu with the reason of each option', async () => {
    await expect(mediumConfig()).toMatchFileSnapshot('grub.cfg');
  });

  it('have a manifest with every file, image, lock and the origin of Xen', async () => {
    const text = manifestText(
      {
        created: EPOCH,
        label: 'QUBEFORGE',
        images: [
          { name: 'dom0', kind: 'dom0', path: PATHS.dom0, rawSize: 3 * 2 ** 30 },
          { name: 'debian', kind: 'template', path: 'images/debian/root.img.zst', rawSize: 10 * 2 ** 30 },
        ],
        xen: { version: '4.20.3-1', origin: 'source', reproduced: 'yes' },
        locks: { iso: sha256('lock') },
      },
      tree,
    );
    await expect(text).toMatchFileSnapshot('manifest.json');
  });

  it('list every file for sha256sum but the list and what has its digest', () => {
    const listed = checksumList(tree).trimEnd().split('\n');
    const names = listed.map((line) => /^[0-9a-f]{64} {2}(.+)$/.exec(line)?.[1]);
    const expected = Object.keys(tree).filter((path) => path !== PATHS.sums && path !== PATHS.grubVariables);
    expect(names).toEqual(expected.sort());
  });

  it('name the digest of SHA256SUMS outside of grub.cfg, which SHA256SUMS lists', () => {
    const digest = sha256('sums');
    expect(mediumVariables('QUBEFORGE', digest)).toContain(`set sums=${digest}\n`);
    expect(mediumConfig()).not.toMatch(/[0-9a-f]{64}/);
  });
});

describe('xorrisoArguments', () => {
  it('take every date from the epoch and no setting from the user', () => {
    const words = xorrisoArguments({ label: 'QUBEFORGE', epoch: EPOCH }, '/mbr', '/out.iso');
    expect(words).toContain('--modification-date=2026073121592600');
    expect(words).toContain('-no_rc');
  });
});

describe("the menu's keys", () => {
  it("are each of one entry, and none is GRUB's own", () => {
    const keys = [...mediumConfig().matchAll(/--hotkey=(\S+)/g)].map(([, key]) => key);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.filter((key) => /^[cev]$/.test(key ?? ''))).toEqual([]);
  });
});

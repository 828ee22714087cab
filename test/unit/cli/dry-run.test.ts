import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../../core/digest.ts';
import { parseFingerprint } from '../../../builder/verify/fingerprint.ts';
import { printLock } from '../../../builder/lock/lock-file.ts';
import type { Lock } from '../../../builder/lock/schema.ts';
import { loadRecipe } from '../../../builder/recipe/load.ts';
import { recipeFiles } from '../../../edge/recipe-files.ts';
import { runCli } from '../../support/program.ts';
import { KEY, SMALL, SMALL_FILES } from '../../support/recipes.ts';
import { ROOT } from '../../support/sources.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'qubeforge-test-'));
  mkdirSync(join(root, 'recipes/locks'), { recursive: true });
  mkdirSync(join(root, 'recipes/files'));
  for (const [name, text] of Object.entries(SMALL)) writeFileSync(join(root, `recipes/${name}.yaml`), text);
  writeFileSync(join(root, 'recipes/files/fstab'), SMALL_FILES['files/fstab']);
  cpSync(join(ROOT, 'keys'), join(root, 'keys'), { recursive: true });
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

function cli(line: string, clock?: number): Promise<{ code: number; stdout: string; stderr: string }> {
  const argv = [...line.split(' '), '--cache', join(root, 'cache'), '--quiet'];
  return runCli(argv, { root, ...(clock === undefined ? {} : { clock }) });
}

/** A lock of one package that fits the recipe, without anything in the store. */
async function writeLock(name: string): Promise<void> {
  const { digest } = await loadRecipe(recipeFiles([join(root, 'recipes')], root), name);
  const key = parseFingerprint(KEY);
  if (key === undefined) throw new Error('no fingerprint');
  const origin = { repository: 'main', suite: 'trixie', component: 'main' };
  const lock: Lock = {
    ...{ version: 1, family: 'debian', recipe: { name, digest }, architecture: 'amd64', sources: [] },
    releases: [
      {
        ...{ repository: 'main', suite: 'trixie', codename: 'trixie', date: '2026-01-02T03:04:05.000Z' },
        ...{ signer: key, signingKey: key, evidence: { inRelease: sha256('r') }, indexes: [] },
      },
    ],
    packages: [
      {
        ...{ name: 'apt', version: '3.0.3', architecture: 'amd64', size: 1024, sha256: sha256('apt') },
        ...{ path: 'pool/main/a/apt/apt_3.0.3_amd64.deb', ...origin },
      },
    ],
  };
  writeFileSync(join(root, `recipes/locks/${name}.lock.json`), printLock(lock));
}

describe('build --dry-run', () => {
  it('says what would be fetched, run and written, and does none of it', async () => {
    await writeLock('toolbox');
    await writeLock('template');
    const { code, stdout } = await cli('build template --dry-run');
    expect(code).toBe(0);
    expect(stdout.split('\n')).toEqual(
      expect.arrayContaining([
        'fetch   1 files, 1.0 KiB',
        'run     toolbox · Unpack the toolbox',
        'run     template · Assemble the root file system',
        'run     template · Make the root image',
        'write   out/template.root.img.zst',
      ]),
    );
  });

  it('refuses a missing lock even when a build would make it', async () => {
    const { code, stderr } = await cli('build toolbox --dry-run --on-stale-lock update');
    expect(code).toBe(2);
    expect(stderr).toContain('[lock.missing]');
  });
});

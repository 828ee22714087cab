import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { projectFiles, ROOT } from '../support/sources.ts';

const place = mkdtempSync(join(tmpdir(), 'qubeforge-clone-'));
afterAll(() => {
  rmSync(place, { recursive: true });
});

function sh(...argv: [string, ...string[]]): string {
  const [file, ...args] = argv;
  return execFileSync(file, args, { cwd: place, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

describe('a fresh copy of the sources', () => {
  it('runs after npm ci, by npx and by its bundle, which is the same as here', () => {
    for (const path of projectFiles()) cpSync(join(ROOT, path), join(place, path));
    sh('npm', 'ci');
    expect(sh('npx', '--no', 'qubeforge', 'schema').split('\n')).toContain('recipe');
    expect(sh('node', 'dist/qubeforge.mjs', '--help')).toContain('Usage: qubeforge COMMAND');
    execFileSync('node', [join(ROOT, 'scripts/bundle.mjs')], { stdio: 'inherit' });
    for (const file of ['dist/qubeforge.mjs', 'dist/deb-worker.mjs']) {
      expect(readFileSync(join(place, file)).equals(readFileSync(join(ROOT, file))), file).toBe(true);
    }
  });
});

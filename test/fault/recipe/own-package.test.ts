import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseOwnPackage, type OwnPackageSource } from '../../../builder/recipe/own-package/load.ts';
import { readOwnSources } from '../../../builder/recipe/own-package/sources.ts';
import { checkOwnDependencies } from '../../../builder/stages/debian/own-packages.ts';
import type { PackageFacts } from '../../../builder/stages/debian/ingest.ts';
import { packageFiles } from '../../../edge/package-files.ts';
import { appErrorOf } from '../../support/only-app-errors.ts';
import { OWN_FILES, OWN_YAML } from '../../support/own-packages.ts';
import { runCli } from '../../support/program.ts';
import { SMALL, SMALL_FILES } from '../../support/recipes.ts';
import { ROOT } from '../../support/sources.ts';

let root = '';
const YAML = OWN_YAML.replace('bundle: qube\n', '').replace(/ {2}- \{ bundle.*\n/, '');

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'qubeforge-own-'));
  for (const [path, text] of Object.entries(OWN_FILES)) write(`runtime/${path}`, text);
  write('runtime/small/package.yaml', YAML);
  write('secret', 'of the machine');
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

describe('sources on a disk', () => {
  const source = (): OwnPackageSource => packageFiles(join(root, 'runtime'), join(root, 'dist'), root);
  const read = (): Promise<unknown> =>
    readOwnSources(source(), parseOwnPackage('runtime/small/package.yaml', YAML));
  const replace = (path: string, target: string): void => {
    rmSync(join(root, 'runtime', path), { recursive: true });
    symlinkSync(target, join(root, 'runtime', path));
  };

  it('are read', async () => {
    expect(await source().definitions()).toEqual([{ file: 'runtime/small/package.yaml', text: YAML }]);
    await read();
  });

  it('never lead out by a symbolic link to a file', async () => {
    replace('small/lib/run', join(root, 'secret'));
    expect((await appErrorOf(read)).where).toContain('there is no file lib/run');
  });

  it('never lead out by a symbolic link to a directory', async () => {
    write('elsewhere/run', 'of the machine');
    replace('small/lib', '../../elsewhere');
    expect((await appErrorOf(read)).where).toContain('there is no file lib/run');
  });

  it('of a program never lead out', async () => {
    write('elsewhere/Makefile', 'tool:');
    replace('native', '../elsewhere');
    expect((await appErrorOf(read)).where).toContain('there is no Makefile in ../native');
  });

  it('that are directories are no files', async () => {
    rmSync(join(root, 'runtime/small/lib/run'));
    mkdirSync(join(root, 'runtime/small/lib/run'));
    expect((await appErrorOf(read)).where).toContain('there is no file lib/run');
  });
});

describe('a command line', () => {
  const cli = (line: string): ReturnType<typeof runCli> =>
    runCli([...line.split(' '), '--cache', join(root, 'cache'), '--quiet'], { root });

  beforeEach(() => {
    for (const [name, text] of Object.entries(SMALL)) write(`recipes/${name}.yaml`, text);
    write('recipes/template.yaml', `${SMALL.template}own-packages: [qubeforge-small]\n`);
    write('recipes/files/fstab', SMALL_FILES['files/fstab']);
    cpSync(join(ROOT, 'keys'), join(root, 'keys'), { recursive: true });
  });

  it('is answered with the line of a bad package.yaml', async () => {
    write('runtime/small/package.yaml', YAML.replace('mode:', 'mod:'));
    const { code, stderr } = await cli('lock template --check');
    expect(code).toBe(2);
    expect(stderr).toContain('runtime/small/package.yaml:19:');
    expect(stderr).toContain('did you mean mode?');
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('is answered when a package is not there', async () => {
    rmSync(join(root, 'runtime'), { recursive: true });
    const { code, stderr } = await cli('lock template --check');
    expect(code).toBe(2);
    expect(stderr).toContain('there is no package qubeforge-small');
  });
});

describe('dependencies of a package of ours', () => {
  const facts = (name: string, version: string, more = ''): PackageFacts => ({
    ...{ name, version, architecture: 'amd64', infoName: name, interests: [], members: [] },
    ...{ directories: [], filledDirectories: [], symlinks: [], paths: [] },
    status: `Package: ${name}\nVersion: ${version}\n${more}Status: install ok unpacked\n`,
  });
  const own = [{ name: 'qubeforge-small', version: '1', architecture: 'amd64' }];
  const ours = facts('qubeforge-small', '1', 'Depends: systemd (>= 252), mawk | awk\n');
  const check = (others: readonly PackageFacts[]): void => {
    checkOwnDependencies(own, [...others, ours], 'amd64');
  };

  it('are met by packages and by what they provide', () => {
    check([facts('systemd', '257.8-1'), facts('original-awk', '1', 'Provides: awk\n')]);
  });

  it.each<[string, readonly PackageFacts[], string]>([
    ['missing', [facts('systemd', '257.8-1')], 'mawk | awk'],
    ['too old', [facts('systemd', '251'), facts('mawk', '1')], 'systemd (>= 252)'],
    ['both', [], 'systemd (>= 252), mawk | awk'],
  ])('that are %s are named', async (_, others, expected) => {
    const error = await appErrorOf(() => {
      check(others);
    });
    expect(error).toMatchObject({ code: 'own-package.dependency', kind: 'recipe', expected });
    expect(error.where).toBe('qubeforge-small');
    expect(error.next).toContain('qubeforge lock');
  });
});

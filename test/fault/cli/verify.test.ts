import { existsSync } from 'node:fs';
import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startMiniMirror, type MiniMirror } from '../../support/mini-mirror.ts';
import { miniProject, storedDeb, type MiniProject } from '../../support/mini-project.ts';

const DAY = 24 * 3600_000;
const PACKAGES = [{ name: 'hello', depends: 'libhello' }, { name: 'libhello' }];

/** A project whose recipe is locked and built. */
async function built(mirror: MiniMirror): Promise<MiniProject> {
  const project = await miniProject({ mirror });
  expect(await project.run('lock')).toMatchObject({ code: 0 });
  expect(await project.run('build', 'mini')).toMatchObject({ code: 0 });
  expect(await project.run('verify', 'mini', 'out/mini.list', '--offline')).toMatchObject({ code: 0 });
  return project;
}

async function edit(path: string, change: (text: string) => string): Promise<void> {
  await chmod(path, 0o644);
  const text = await readFile(path, 'latin1');
  expect(change(text)).not.toBe(text);
  await writeFile(path, change(text), 'latin1');
}

async function evidence(project: MiniProject): Promise<string> {
  const directory = project.path('recipes', 'locks', 'evidence');
  return join(directory, (await readdir(directory))[0] ?? '');
}

/** The compressed index in the store: what starts like gzip. */
async function index(project: MiniProject): Promise<string> {
  const blobs = join(project.cache, 'store', 'v1', 'blobs', 'sha256');
  const paths = (await readdir(blobs, { recursive: true })).filter((name) => /[0-9a-f]{64}$/.test(name));
  for (const path of paths.map((name) => join(blobs, name)))
    if ((await readFile(path)).readUInt16LE(0) === 0x8b1f) return path;
  throw new Error('no index in the store');
}

it.each<[string, string, (project: MiniProject) => Promise<void>, RegExp]>([
  ['mini', 'missing evidence', async (project) => rm(await evidence(project)), /^evidence: /m],
  [
    'mini',
    'changed evidence',
    async (project) => edit(await evidence(project), (text) => text.replace('Codename', 'Codenane')),
    /^evidence: /m,
  ],
  [
    'mini',
    'a missing index',
    async (project) => rm(await index(project)),
    /^index: .*\n.*\n.*store\.missing/m,
  ],
  [
    'mini',
    'a damaged package',
    async (project) => edit((await storedDeb(project, 'hello')).blob, (text) => `${text.slice(0, -1)}!`),
    /^store: hello 1\.0-1 \(amd64\)/m,
  ],
  [
    'mini',
    'a changed lock',
    async (project) =>
      edit(project.path('recipes', 'locks', 'mini.lock.json'), (text) => text.replace('amd64', 'arm64')),
    /^lock: .*\n.*\n.*lock\.edited/m,
  ],
  [
    'mini',
    'a recipe that moved on',
    async (project) =>
      edit(project.path('recipes', 'mini.yaml'), (text) => text.replace('["hello"]', '["libhello"]')),
    /^recipe: .*\n.*\n.*lock\.stale/m,
  ],
  [
    'out/mini.list',
    'a changed image',
    async (project) =>
      edit(project.path('out', 'mini.list'), (text) => text.replace('d bin', 'd Bin').replace('usr', 'uSr')),
    /^image: /m,
  ],
  [
    'out/mini.manifest.json',
    'a changed manifest',
    async (project) =>
      edit(project.path('out', 'mini.manifest.json'), (text) => text.replace('"1.0-1"', '"1.0-2"')),
    /^manifest: .*packages/m,
  ],
])('verify %s --offline names %s', async (subject, _, damage, line) => {
  await using mirror = await startMiniMirror({ suites: [{ suite: 'trixie', packages: PACKAGES }] });
  await using project = await built(mirror);
  await damage(project);
  const requests = mirror.requests.length;
  const outcome = await project.run('verify', subject, '--offline');
  expect(outcome).toMatchObject({ code: 3, error: { kind: 'verification', code: 'verify.broken' } });
  const lines = (outcome.error?.text ?? '').split('\n').map((text) => text.replace(/^( {2}got:)? +/, ''));
  expect(lines.join('\n')).toMatch(line);
  expect(mirror.requests.length).toBe(requests);
});

it('verify fetches an index that is not here, unless it may not', async () => {
  await using mirror = await startMiniMirror({ suites: [{ suite: 'trixie', packages: PACKAGES }] });
  await using project = await built(mirror);
  await rm(await index(project));
  expect(await project.run('verify', 'mini')).toMatchObject({ code: 0 });
});

it('lock says what moved, and leaves alone what fits', async () => {
  const now = Math.floor(Date.now() / 1000) * 1000;
  const dated = (days: number, version: string): Parameters<MiniMirror['publish']>[0] => [
    {
      suite: 'trixie',
      date: new Date(now - days * DAY),
      packages: [{ name: 'hello', version, depends: 'libhello' }, { name: 'libhello' }],
    },
  ];
  await using mirror = await startMiniMirror({ suites: dated(2, '1.0-1') });
  await using project = await miniProject({ mirror });
  expect(await project.run('lock', '--check')).toMatchObject({ code: 2, error: { code: 'lock.missing' } });
  expect((await project.run('lock')).text).toContain('locked     2 packages');
  const first = await project.readLock();
  await writeFile(project.path('old.lock.json'), first);
  await mirror.publish(dated(1, '1.1-1'));
  expect(await project.run('lock')).toMatchObject({
    code: 0,
    text: expect.stringContaining('nothing moved') as string,
  });
  expect(await project.readLock()).toBe(first);
  const moved = await project.run('lock', 'mini', '--update');
  expect(moved.text).toContain('upgraded   hello:amd64 1.0-1 → 1.1-1');
  expect(await readdir(project.path('recipes', 'locks', 'evidence'))).toHaveLength(1);
  const diff = await project.run(
    'diff',
    'old.lock.json',
    'recipes/locks/mini.lock.json',
    '--html',
    'diff.html',
  );
  expect(diff.text).toMatch(/upgraded +hello:amd64 +1\.0-1 +1\.1-1/);
  expect(await readFile(project.path('diff.html'), 'utf8')).toContain('<td>1.1-1</td>');
});

it('explain says why a stage runs and why a package is in, and changes nothing', async () => {
  await using mirror = await startMiniMirror({ suites: [{ suite: 'trixie', packages: PACKAGES }] });
  await using project = await miniProject({ mirror });
  await project.run('lock');
  await project.run('gc', '--all');
  await rm(project.cache, { recursive: true });
  expect((await project.run('explain', 'mini')).text).toMatch(/^new +mini · Unpack the toolbox/);
  expect((await project.run('build', 'mini', '--dry-run')).text).toMatch(
    /^fetch +2 files[^]*write +out\/mini\.list/,
  );
  expect(existsSync(project.cache)).toBe(false);
  await project.run('build', 'mini');
  expect((await project.run('explain', 'mini')).text).toMatch(/^cached/);
  const why = await project.run('explain', 'mini', '--package', 'libhello');
  expect(why.text).toContain('hello: packages.install of mini');
  expect(why.text).toContain('hello Depends: libhello');
  expect(await project.run('explain', 'mini', '--package', 'libhallo')).toMatchObject({ code: 2 });
});

it('gc keeps what a lock and an image need, and --all keeps nothing', async () => {
  await using mirror = await startMiniMirror({ suites: [{ suite: 'trixie', packages: PACKAGES }] });
  await using project = await built(mirror);
  const { store, blob } = await storedDeb(project, 'hello');
  expect(await project.run('gc', '--keep-days', '0')).toMatchObject({ code: 0 });
  expect(existsSync(blob)).toBe(true);
  expect(await readdir(join(store, 'trees'))).toHaveLength(1);
  expect((await project.run('build', 'mini', '--offline')).code).toBe(0);
  expect(await project.run('gc', '--all', '--dry-run')).toMatchObject({ code: 0 });
  expect(existsSync(blob)).toBe(true);
  expect(await project.run('gc', '--all')).toMatchObject({ code: 0 });
  expect(existsSync(blob)).toBe(false);
  expect(await readdir(join(store, 'trees'))).toEqual([]);
});

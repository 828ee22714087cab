import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseManifest } from '../../builder/report/manifest.ts';
import { addKey, writeRecipe } from '../support/fedora/project.ts';
import { GitServer, sampleRepository } from '../support/git-samples.ts';
import { run, type Outcome } from '../support/mini-project.ts';
import { startMiniMirror, type MiniMirror } from '../support/mini-mirror.ts';
import { testProject, TEST_CACHE, type TestProject } from '../support/project.ts';
import { makeTestKey, type TestKey } from '../support/test-keys.ts';
import { sampleTar, startReleases, TINY_XEN } from '../support/upstream-project.ts';

const CHANGELOG = `xen (1.0-1) trixie; urgency=low

  * First.

 -- Nobody <nobody@example.org>  Tue, 14 Nov 2023 22:13:20 +0000
`;

/** The packaging: one patch, and rules from which version, date and configuration are read. */
const PACKAGING = {
  changelog: CHANGELOG,
  'xen-kconfig': 'packaged\n',
  rules: `export SOURCE_DATE_EPOCH := $(shell dpkg-parsechangelog -S Timestamp)
make_args_xen := VERSION=$(shell dpkg-parsechangelog -S Version)
`,
  'patches/series': '# the only one\nfirst.patch\n',
  'patches/first.patch': '--- a/README\n+++ b/README\n@@ -1 +1 @@\n-tiny\n+patched\n',
};

const COMPILED = { gz: 'patched packaged 1.0-1 1700000000\n', efi: 'compiled\n' };

let project: TestProject;
let key: TestKey;
let mirror: MiniMirror;

const cli = (...args: string[]): Promise<Outcome> => run(project.root, TEST_CACHE, args);

/** A distribution with the source, and a binary package of it with these files. */
async function publish(binary: typeof COMPILED): Promise<void> {
  const file = (path: string, content: string): { path: string; mode: number; content: string } => {
    return { path: `boot/${path}`, mode: 0o644, content };
  };
  await mirror.publish([
    {
      suite: 'trixie',
      sources: [
        {
          ...{ name: 'xen', version: '1.0-1' },
          files: {
            'xen_1.0.orig.tar.gz': gzipSync(sampleTar('xen-1.0', TINY_XEN)),
            'xen_1.0-1.debian.tar.gz': gzipSync(sampleTar('debian', PACKAGING)),
          },
        },
      ],
      packages: [
        {
          ...{ name: 'xen-hypervisor-tiny', version: '1.0-1' },
          files: [file('xen-1.0-amd64.gz', binary.gz), file('xen-1.0-amd64.efi', binary.efi)],
        },
      ],
    },
  ]);
}

async function writeTiny(more: object = {}): Promise<void> {
  const { name, suites, components, keys } = mirror.repository;
  const mirrors = [mirror.url.replace(/debian$/, 'tiny')];
  await writeRecipe(project, {
    ...{ name: 'xen-tiny', kind: 'xen', family: 'debian' },
    repositories: [{ name, suites, components, keys, mirrors }],
    packages: { install: ['xen-hypervisor-tiny'] },
    ...more,
  });
}

async function built(file: string): Promise<string> {
  return await readFile(join(project.root, 'out', file), 'utf8');
}

beforeAll(async () => {
  project = await testProject();
  key = await makeTestKey({ name: 'Upstream' });
  mirror = await startMiniMirror({ suites: [{ suite: 'trixie' }], name: 'tiny' });
  await addKey(project.root, key, 'upstream');
  await addKey(project.root, mirror.key, 'tiny');
  await project.lock('toolbox-compiler');
});
afterAll(async () => {
  await mirror[Symbol.asyncDispose]();
  await project[Symbol.asyncDispose]();
});

describe('a hypervisor from the source of the distribution', () => {
  it('is reproduced when the package has the same bytes, and says so each time', async () => {
    await publish(COMPILED);
    await writeTiny();
    const facts = { version: '1.0-1', origin: 'source', reproduced: 'yes' };
    for (const jobs of ['1', '2']) {
      const { events, error } = await cli('build', 'xen-tiny', '--on-stale-lock', 'update', '--jobs', jobs);
      expect(error?.text).toBeUndefined();
      const told = events.find((event) => event.type === 'result' && event.name === 'xen');
      expect(told).toMatchObject({
        value: [facts],
        text: expect.stringContaining('reproduced: yes') as string,
      });
    }
    expect([await built('xen-tiny.gz'), await built('xen-tiny.efi')]).toEqual([COMPILED.gz, COMPILED.efi]);
    expect(parseManifest(await built('xen-tiny.manifest.json'), 'manifest').xen).toEqual(facts);
  });

  it.each(['gz', 'efi'] as const)('stops the build when xen.%s differs in one byte', async (kind) => {
    await publish({ ...COMPILED, [kind]: COMPILED[kind].replace('p', 'q') });
    await writeTiny();
    await cli('lock', 'xen-tiny', '--update');
    const { code, error: refused } = await cli('build', 'xen-tiny');
    expect(code).toBe(3);
    expect(refused?.code).toBe('xen.not-reproduced');
    expect(refused?.text).toMatch(new RegExp(`got: +xen.${kind} differs from byte \\d+ on`));
  });

  it('is taken all the same when the recipe accepts a difference, which is told', async () => {
    await publish({ ...COMPILED, efi: 'another\n' });
    await writeTiny({ 'on-difference': 'accept' });
    await cli('lock', 'xen-tiny', '--update');
    expect((await cli('build', 'xen-tiny')).error?.text).toBeUndefined();
    expect(parseManifest(await built('xen-tiny.manifest.json'), 'manifest').xen).toMatchObject({
      reproduced: 'no',
      note: 'xen.efi differs from byte 1 on',
    });
    expect(await built('xen-tiny.efi')).toBe('compiled\n');
  });
});

describe('a hypervisor from what upstream signed', () => {
  const signed = new Date('2026-01-02T03:04:05Z');
  const seconds = String(signed.getTime() / 1000);

  async function buildUpstream(name: string, source: object): Promise<void> {
    await writeRecipe(project, { name, kind: 'xen', family: 'debian', source });
    await cli('lock', name);
    const { error } = await cli('build', name);
    expect(error?.text).toBeUndefined();
    expect(await built(`${name}.efi`)).toBe('compiled\n');
    expect(await cli('verify', `out/${name}.gz`, '--offline')).toMatchObject({ code: 0 });
  }

  async function factsOf(name: string): Promise<unknown> {
    return parseManifest(await built(`${name}.manifest.json`), 'manifest').xen;
  }

  it('is compiled from a tarball', async () => {
    await using releases = await startReleases();
    const owner = await makeTestKey({ name: 'Releases', created: new Date('2025-01-01') });
    await addKey(project.root, owner, 'releases');
    await releases.publish('xen-4.20.0', owner, 'xen-4.20.0', signed);
    await buildUpstream('xen-tarball', releases.sourceOf('xen-4.20.0', owner));
    expect(await built('xen-tarball.gz')).toBe(`tiny default ${seconds}\n`);
    expect(await factsOf('xen-tarball')).toEqual({
      ...{ version: 'xen-4.20.0', origin: 'upstream', reproduced: 'not-compared' },
    });
  });

  it('is compiled from a signed tag, twice with the same bytes', async () => {
    await project.lock('clock');
    await using server = await new GitServer(await sampleRepository(TINY_XEN, { key })).start();
    await buildUpstream('xen-git', { git: server.url, tag: 'v1.0', keys: [key.fingerprint] });
    const reproduced = await cli('reproduce', 'xen-git');
    expect(reproduced.error?.text).toBeUndefined();
    expect(reproduced.text).toContain('xen-git: identical');
    expect(await built('xen-git.gz')).toMatch(/^tiny default \d+\n$/);
    expect(await factsOf('xen-git')).toMatchObject({ version: 'v1.0', reproduced: 'not-compared' });
  });
});

import { createReadStream, existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import type { Artifact } from '../../builder/graph/stage.ts';
import type { FedoraLock } from '../../builder/lock/fedora-schema.ts';
import { compareTrees, describeDifference, readTree, type Tree } from '../../builder/report/tree.ts';
import { FEDORA_NORMALISATIONS, fedoraExplained } from '../../builder/stages/fedora/normalisations.ts';
import { fedoraRootfsStage } from '../../builder/stages/fedora/rootfs.ts';
import { EPOCH } from '../support/fedora/fixture.ts';
import {
  addKey,
  fedoraProject,
  ROOTFS_RECIPE,
  TEMPLATE_RECIPE,
  writeRecipe,
  type FedoraProject,
} from '../support/fedora/project.ts';
import {
  databaseScript,
  DNF_FILES,
  dnfInstallScript,
  repositoryDirectory,
} from '../support/fedora/reference.ts';
import { repositoryContent } from '../support/fedora/repository.ts';
import {
  EXPIRED_LIFETIME,
  helloPackages,
  TAMPER_CASES,
  type TamperKeys,
} from '../support/fedora/tampering.ts';
import { buildOwn } from '../support/mmdebstrap.ts';
import { MirrorServer } from '../support/mirror-server.ts';
import { makeTestKey } from '../support/test-keys.ts';

let fixture: FedoraProject;

beforeAll(async () => {
  fixture = await fedoraProject();
});
afterAll(async () => {
  await fixture[Symbol.asyncDispose]();
});

/** Runs a command that has to succeed; returns what it says. */
async function succeed(...args: string[]): Promise<string> {
  const outcome = await fixture.cli(...args);
  expect(outcome.error?.text).toBeUndefined();
  expect(outcome.code).toBe(0);
  return outcome.text;
}

async function readLock(recipe: string): Promise<FedoraLock> {
  const path = join(fixture.project.root, 'recipes', 'locks', `${recipe}.lock.json`);
  return JSON.parse(await readFile(path, 'utf8')) as FedoraLock;
}

describe('a template of the Fedora family, by the command line', () => {
  it('is locked, built, proved, compared and reproduced', async () => {
    expect(await succeed('lock', TEMPLATE_RECIPE, 'clock')).toMatch(/locked +\d+ packages/);
    const lock = await readLock(TEMPLATE_RECIPE);
    expect(new Set(lock.packages.map(({ signer }) => signer))).toEqual(new Set([fixture.key.fingerprint]));
    await succeed('build', TEMPLATE_RECIPE);
    await succeed('build', TEMPLATE_RECIPE, '--output', 'rootfs-tar');
    const proof = await succeed(
      'verify',
      TEMPLATE_RECIPE,
      `out/${TEMPLATE_RECIPE}.root.img.zst`,
      '--offline',
    );
    console.log(proof);
    expect(proof).toContain(`${TEMPLATE_RECIPE}: proved`);
    expect(proof).toContain(`${lock.packages.length} of ${lock.packages.length}`);
    const verdict = await succeed('reproduce', TEMPLATE_RECIPE);
    console.log(verdict);
    expect(verdict).toContain(`${TEMPLATE_RECIPE}: identical`);
  });

  it('has in its initramfs all programs of ours that are named there', async () => {
    const { ports } = fixture.project.session;
    const { stdout } = await ports.sandbox({
      toolbox: await ports.toolboxTree(fixture.toolbox),
      inputs: { initrd: join(fixture.project.root, 'out', `${TEMPLATE_RECIPE}.initrd`) },
      // The name of a file follows its header, cpio(5), "New ASCII Format".
      script: `
zstd -q -dc /in/initrd | tr '\\0' '\\n' > /build/initrd
grep -aoE '(070701[0-9A-F]{104}|/)usr/lib/qubeforge/[a-z.-]+' /build/initrd | sort -u`,
    });
    const lines = stdout.trim().split('\n');
    const named = lines.filter((line) => line.startsWith('/'));
    const there = lines
      .filter((line) => !line.startsWith('/'))
      .map((line) => line.replace(/^.*?usr/, '/usr'));
    expect(named).toContain('/usr/lib/qubeforge/coldplug');
    expect(there).toEqual(expect.arrayContaining(named));
  });

  const image = `out/${TEMPLATE_RECIPE}.root.img.zst`;
  /** The same tree, quicker to read. */
  const rootfs = `out/${TEMPLATE_RECIPE}.rootfs.tar`;

  it('traces a file to its package, the key that signed that, and the list that names it', async () => {
    const { packages, repositories } = await readLock(TEMPLATE_RECIPE);
    const bash = packages.find(({ name }) => name === 'bash')!;
    const text = await succeed('trace', image, '/bin/bash');
    console.log(text);
    expect(text).toMatch(/^\/usr\/bin\/bash\n/);
    for (const part of [
      `package    bash ${bash.version}`,
      'the file has the bytes that the package ships',
      `SHA-256 ${bash.sha256}`,
      `SHA-256 ${bash.payload}`,
      `SHA-256 ${bash.header}`,
      `signed by  ${bash.signingKey}`,
      `key        ${fixture.key.fingerprint}  ${fixture.key.owner}`,
      'pinned in keys/fixture.asc',
      `SHA-256 ${repositories[0]!.repomd}`,
      'nobody signed',
    ]) {
      expect(text).toContain(part);
    }
  });

  it('traces a file of the guest parts to its source, and lists them where the package lists are', async () => {
    const text = await succeed('trace', rootfs, '/usr/lib/qubeforge/rw');
    console.log(text);
    for (const part of [
      'package    qubeforge-guest 0.1.0+',
      'the file has the bytes that the package ships',
      'built by   this project, from runtime/guest/package.yaml',
      'source     runtime/guest/lib/rw',
    ]) {
      expect(text).toContain(part);
    }
    const read = (ending: string): Promise<string> =>
      readFile(join(fixture.project.root, 'out', `${TEMPLATE_RECIPE}.${ending}`), 'utf8');
    const manifest = JSON.parse(await read('manifest.json')) as { own: { name: string; version: string }[] };
    expect(manifest.own.map(({ name }) => name)).toEqual(['qubeforge-guest']);
    const { version } = manifest.own[0]!;
    expect(await read('packages.txt')).toContain(`qubeforge-guest\t${version}\tx86_64\tsources `);
    expect(await read('spdx.json')).toContain(`"versionInfo": "${version}"`);
  });

  it.each([
    ['/etc/xen/scripts/vif-qube', /qubeforge-guest [^]*configuration: upgrades[^]*guest\/lib\/vif-qube/],
    ['/usr/lib/qubeforge', /package {4}qubeforge-guest [^]*is a directory of the package/],
    ['/etc/passwd', /package {4}setup [^]*was changed after unpacking[^]*configuration: upgrades/],
    ['/usr/lib/sysimage/rpm/rpmdb.sqlite', /made by {4}rpm's own database/],
    ['/etc/fstab', /made by {4}the recipe, which lays files\/template\/fstab/],
    ['/usr/bin', /is a directory of the package/],
  ])('traces %s to what made it', async (path, expected) => {
    expect(await succeed('trace', rootfs, path)).toMatch(expected);
  });

  it('traces nothing through a package that was changed in the store, or without the archived repomd.xml', async () => {
    const { session, root } = fixture.project;
    const bash = (await readLock(TEMPLATE_RECIPE)).packages.find(({ name }) => name === 'bash')!;
    const blob = await session.store.verified(bash);
    const bytes = await readFile(blob);
    bytes[bytes.length - 10]! ^= 1;
    await rm(blob);
    await writeFile(blob, bytes);
    expect((await fixture.cli('trace', rootfs, '/bin/bash')).error).toMatchObject({
      code: 'store.blob',
      exitCode: 3,
    });
    expect(await succeed('trace', rootfs, '/bin/bash')).toContain('has the bytes that the package ships');
    const evidence = join(root, 'recipes', 'locks', 'evidence');
    const { repomd } = (await readLock(TEMPLATE_RECIPE)).repositories[0]!;
    await rm(join(evidence, `${repomd}.repomd.xml`));
    expect((await fixture.cli('trace', rootfs, '/bin/bash')).error).toMatchObject({
      code: 'trace.list',
      exitCode: 3,
    });
    await succeed('lock', TEMPLATE_RECIPE, '--update');
  });
});

describe('a root file system of the Fedora family', () => {
  test.each([ROOTFS_RECIPE, TEMPLATE_RECIPE])(
    'of %s is the one that dnf --installroot makes from the same packages',
    async (recipe) => {
      await succeed('lock', recipe);
      const { session } = fixture.project;
      const lock = await readLock(recipe);
      const epoch = Math.floor(Date.parse(lock.repositories[0]!.date) / 1000);
      await using repository = await repositoryDirectory(fixture);
      await using out = await session.ports.scratch();
      const toolbox = await session.ports.toolboxTree(fixture.toolbox);
      const own = await buildOwn(fixture.project, await fixture.project.lock(recipe));
      const files = own.refs.map((ref): [string, Artifact] => [`${ref.name}.rpm`, ref]);
      await using ownFiles = await session.ports.linkNamed(Object.fromEntries(files));
      await session.ports.sandbox({
        ...{ toolbox, out: out.path, files: DNF_FILES },
        inputs: { repository: repository.path, own: ownFiles.path },
        script: dnfInstallScript(
          // A file on the command line is a package to dnf; its requirements it looks for in the repository.
          [...lock.packages.map(({ name }) => name), ...files.map(([name]) => `/in/own/${name}`)],
          epoch,
        ),
        env: { SOURCE_DATE_EPOCH: String(epoch) },
      });
      // Settings and files of the recipe are ours and nothing that dnf knows of.
      const { rootfs } = await fedoraRootfsStage.run({
        id: 'test' as never,
        options: { packages: lock.packages, own: own.refs, files: [] },
        inputs: own.inputs,
        toolbox: fixture.toolbox,
        epoch,
        ...session.context,
        ports: session.ports,
      });
      const oursPath = await session.store.verified(rootfs!);
      const theirs = await readTree(createReadStream(join(out.path, 'rootfs.tar')), 'dnf');
      const ours = await readTree(createReadStream(oursPath), 'ours');
      expectEqual(recipe, theirs, ours);
      await using trees = await session.ports.linkNamed({ 'rootfs.tar': rootfs! });
      const databases = async (path: string): Promise<string[]> => {
        const { stdout } = await session.ports.sandbox({
          ...{ toolbox, script: databaseScript(), inputs: { tree: path } },
        });
        return stdout.trim().split('\n');
      };
      const [mine, reference] = [await databases(trees.path), await databases(out.path)];
      expect(mine).toHaveLength(lock.packages.length + own.refs.length);
      expect(mine).toEqual(reference.filter((line) => !line.startsWith('gpg-pubkey')));
      await rm(join(out.path, 'rootfs.tar'));
    },
  );
});

describe('a tampered package, by the command line and dnf itself', () => {
  let keys: TamperKeys;
  let content = new Map<string, Buffer>();
  const server = new MirrorServer(() => content);

  beforeAll(async () => {
    await server.start();
    const created = new Date(EPOCH * 1000);
    const [good, expired, other] = await Promise.all([
      makeTestKey({ name: 'Good', created }),
      makeTestKey({ name: 'Expired', created, lifetime: EXPIRED_LIFETIME }),
      makeTestKey({ name: 'Other', created }),
    ]);
    keys = { good, expired, other };
    await addKey(fixture.project.root, good, 'good');
    await addKey(fixture.project.root, expired, 'expired');
    await writeRecipe(fixture.project, {
      ...{ name: 'hello', kind: 'rootfs', family: 'fedora', release: '43', toolbox: 'toolbox-rpm' },
      repositories: [
        {
          ...{ name: 'hello', mirrors: [server.url.replace(/debian$/, 'hello')] },
          keys: [good.fingerprint, expired.fingerprint],
        },
      ],
      packages: { install: ['hello'] },
    });
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });

  it.each(TAMPER_CASES)('is not locked: $name', async ({ code, says, make }) => {
    content = repositoryContent(await helloPackages(keys.good, await make(keys)), EPOCH + 7200);
    const outcome = await fixture.cli('lock', 'hello');
    expect(outcome).toMatchObject({ code: 3, error: { kind: 'verification', code } });
    console.log(outcome.error?.text);
    expect(outcome.error?.text).toMatch(says);
    expect(existsSync(join(fixture.project.root, 'recipes', 'locks', 'hello.lock.json'))).toBe(false);
  });

  it('is locked once it is sound', async () => {
    content = repositoryContent(await helloPackages(keys.good), EPOCH + 7200);
    expect(await succeed('lock', 'hello')).toMatch(/locked +2 packages/);
  });
});

/** No difference but those of the lists, which are printed with how often each was met. */
function expectEqual(recipe: string, theirs: Tree, ours: Tree): void {
  const differences = compareTrees(theirs, ours);
  for (const { paths, reason } of FEDORA_NORMALISATIONS) {
    const count = differences.filter(({ path }) => paths.test(path)).length;
    console.log(`${recipe}: ${count} paths: ${reason}`);
  }
  console.log(`${recipe}: ${ours.size} paths compared`);
  expect(ours.size).toBeGreaterThan(1000);
  const unexplained = differences.filter(({ path }) => fedoraExplained(path) === undefined);
  expect(unexplained.map(describeDifference)).toEqual([]);
}

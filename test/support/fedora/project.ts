import { cp, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { wantedFiles } from '../../../builder/cli/engine/families.ts';
import type { Session } from '../../../builder/cli/engine/session.ts';
import { assembleRpm, writeRpmParts, type RpmSpec } from '../../../builder/formats/rpm/package-write.ts';
import { SIGNATURE_TAG } from '../../../builder/formats/rpm/tags.ts';
import type { Outputs } from '../../../builder/graph/stage.ts';
import { buildToolbox } from '../mmdebstrap.ts';
import { MirrorServer } from '../mirror-server.ts';
import { run, type Outcome } from '../mini-project.ts';
import { testProject, TEST_CACHE, type TestProject } from '../project.ts';
import { signBytes } from '../rpm-samples.ts';
import { keyFiles, makeTestKey, type TestKey } from '../test-keys.ts';
import { debToRpm } from './deb-to-rpm.ts';
import { BOOTABLE, changeOf, EPOCH, filesystem, GUEST, KERNEL, setup, xenRuntime } from './fixture.ts';
import { repositoryContent, type PublishedRpm } from './repository.ts';

/** A project with the recipes of the fixture, and the signed repository that they name. */
export interface FedoraProject extends AsyncDisposable {
  readonly project: TestProject;
  readonly key: TestKey;
  /** Every file of the repository by its path; a test may change it. */
  readonly content: Map<string, Buffer>;
  readonly server: MirrorServer;
  readonly packages: readonly PublishedRpm[];
  /** The toolbox of the Fedora family. */
  readonly toolbox: Outputs;
  /** Runs `qubeforge ARGS` in the project. */
  readonly cli: (...args: string[]) => Promise<Outcome>;
}

/** Installs `BOOTABLE`; the kernel, too, for the template. */
export const ROOTFS_RECIPE = 'rootfs-fedora-fixture';
export const TEMPLATE_RECIPE = 'template-fedora-fixture';

const SOURCE_RECIPE = 'fedora-fixture-source';
/** Bytes of the head of the repository: made one hour after the packages. */
const TIMESTAMP = EPOCH + 3600;

/** Makes the repository from packages of Debian, serves it, and writes the recipes. Takes about half a minute. */
export async function fedoraProject(): Promise<FedoraProject> {
  const project = await testProject();
  const { session, root } = project;
  await cp(resolve('dist'), join(root, 'dist'), { recursive: true });
  await writeRecipe(project, {
    ...{ name: SOURCE_RECIPE, kind: 'rootfs', extends: 'debian-13' },
    ...{ packages: { install: [...BOOTABLE, ...KERNEL, ...GUEST] }, outputs: ['rootfs-tar'] },
  });
  const toolbox = await buildToolbox(session, await project.lock('toolbox-rpm'));
  const specs = await convertedSpecs(project);
  const key = await makeTestKey({ name: 'Fedora Fixture', type: 'fedora', created: new Date(EPOCH * 1000) });
  const packages = await publish(session, toolbox, key, [filesystem, setup, xenRuntime, ...specs]);
  const content = repositoryContent(packages, TIMESTAMP);
  const server = new MirrorServer(() => content);
  await server.start();
  await addKey(root, key, 'fixture');
  // Another path than the host's own mirrors have, or these would be asked, too.
  const url = server.url.replace(/debian$/, 'fixture');
  await writeFixtureRecipes(project, url, key, packages);
  return {
    ...{ project, key, content, server, packages, toolbox },
    cli: (...args) => run(root, TEST_CACHE, args),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await project[Symbol.asyncDispose]();
    },
  };
}

async function convertedSpecs(project: TestProject): Promise<RpmSpec[]> {
  const { session } = project;
  const source = await project.lock(SOURCE_RECIPE);
  await (await session.fetcher()).fetchFiles(wantedFiles(source));
  const specs: RpmSpec[] = [];
  for (const deb of source.lock.packages) {
    const path = await session.store.verified(deb, deb.name);
    specs.push(await debToRpm(path, EPOCH, changeOf(deb.name)));
  }
  return specs;
}

/** Packs payloads with zstd as Fedora does, by one run of the toolbox, and signs the headers. */
async function publish(
  session: Session,
  toolbox: Outputs,
  key: TestKey,
  specs: readonly RpmSpec[],
): Promise<PublishedRpm[]> {
  await using plain = await session.ports.scratch();
  await using packed = await session.ports.scratch();
  for (const spec of specs) await writeFile(join(plain.path, spec.name), writeRpmParts(spec).payload);
  await session.ports.sandbox({
    toolbox: await session.ports.toolboxTree(toolbox),
    script: 'zstd -q -T0 -9 --output-dir-flat /out /in/plain/*',
    inputs: { plain: plain.path },
    out: packed.path,
  });
  const published: PublishedRpm[] = [];
  for (const plainSpec of specs) {
    const payload = await readFile(join(packed.path, `${plainSpec.name}.zst`));
    const spec = {
      ...plainSpec,
      packing: { compressor: 'zstd', level: '9', pack: () => payload },
    } as const;
    published.push({ spec, bytes: await signRpm(spec, key) });
  }
  return published;
}

/** A package with a signature over its header, as Fedora's build system makes it. */
export async function signRpm(spec: RpmSpec, key: TestKey): Promise<Buffer> {
  const parts = writeRpmParts(spec);
  const value = await signBytes(parts.header, key.privateKey, new Date((EPOCH + 60) * 1000));
  return assembleRpm(spec, parts, new Map([[SIGNATURE_TAG.rsaHeader, { type: 'bin', value }]]));
}

/** Pins one more key in a project, as the file `NAME.asc`. */
export async function addKey(root: string, key: TestKey, name: string): Promise<void> {
  const { manifest, files } = await keyFiles([key]);
  const [entry] = (JSON.parse(manifest) as { keys: Record<string, unknown>[] }).keys;
  const path = join(root, 'keys', 'keys.yaml');
  const line = `  - ${JSON.stringify({ ...entry, file: `${name}.asc` })}\n`;
  await writeFile(path, (await readFile(path, 'utf8')) + line);
  for (const bytes of files.values()) await writeFile(join(root, 'keys', `${name}.asc`), bytes);
}

/** Writes a recipe of a test into a project. */
export async function writeRecipe(
  { root }: TestProject,
  recipe: Readonly<Record<string, unknown>> & { readonly name: string },
): Promise<void> {
  await writeFile(join(root, 'recipes', `${recipe.name}.yaml`), JSON.stringify(recipe));
}

/** The settings, files and packages of ours of the template that is shipped, with services that only Debian has off. */
async function shippedTemplate({ root }: TestProject): Promise<object> {
  const text = await readFile(join(root, 'recipes', 'template-fedora-43-minimal.yaml'), 'utf8');
  const {
    system,
    files,
    'own-packages': own,
  } = parse(text) as {
    readonly system: { readonly mask: readonly string[] };
    readonly files: unknown;
    readonly 'own-packages': unknown;
  };
  const mask = [...system.mask, 'xen.service', 'e2scrub_reap.service'];
  return { 'own-packages': own, system: { ...system, mask }, files };
}

async function writeFixtureRecipes(
  project: TestProject,
  url: string,
  key: TestKey,
  packages: readonly PublishedRpm[],
): Promise<void> {
  const kernel = packages.map(({ spec }) => spec.name).filter((name) => /^linux-image-\d/.test(name));
  await writeRecipe(project, {
    ...{ name: 'fedora-fixture', kind: 'base', family: 'fedora', architecture: 'x86_64', release: '43' },
    toolbox: 'toolbox-rpm',
    repositories: [{ name: 'fixture', mirrors: [url], keys: [key.fingerprint] }],
    packages: { install: ['filesystem', 'setup', ...BOOTABLE] },
  });
  await writeRecipe(project, {
    ...{ name: ROOTFS_RECIPE, kind: 'rootfs', extends: 'fedora-fixture' },
    outputs: ['rootfs-tar'],
  });
  await writeRecipe(project, {
    ...{ name: TEMPLATE_RECIPE, kind: 'template', extends: 'fedora-fixture' },
    packages: { install: [...KERNEL.filter((name) => !name.startsWith('linux-image')), ...kernel] },
    ...(await shippedTemplate(project)),
    image: { filesystem: 'ext4', size: '2GiB', label: 'qubeforge-root', kernel: true },
    outputs: ['template-image'],
  });
}

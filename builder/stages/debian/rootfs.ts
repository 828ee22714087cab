import { join } from 'node:path';
import { KIB, MIB } from '../../../core/bytes.ts';
import { defineStage, type Artifact, type Outputs, type StageContext } from '../../graph/stage.ts';
import { startToolbox } from '../toolbox.ts';
import { formerResults, keepResults, type ResultKeys } from '../kept-results.ts';
import { packScript } from '../pack-script.ts';
import type { BuildPorts } from '../ports.ts';
import { configureScript, prepareScript, unpackScript, ROOT } from './configure-script.ts';
import { triggerFiles } from './dpkg-database.ts';
import { ownRefs, type OwnPackageName } from '../own-package/inputs.ts';
import { checkOwnDependencies } from './own-packages.ts';
import { resultKeys } from './result-cache.ts';
import { earlyResultsScript, lateResultsScript } from './result-scripts.ts';
import type { PackageFacts } from './ingest.ts';
import { normaliseScript } from './normalisations.ts';
import { openPackages, type PackageRef, type StoredPackage } from './packages.ts';
import { touchedDirectories } from './touched.ts';
import { settingsScript, type Settings } from './settings-script.ts';

/** A file of ours that goes over the packages; its bytes are in the store. */
export interface OverlaySource {
  readonly content: Artifact;
  readonly target: string;
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
}

export interface RootfsOptions {
  readonly architecture: string;
  /** In apt's order of installation: the order decides numbers of users and more. */
  readonly packages: readonly PackageRef[];
  /** Packages of ours, unpacked after those and configured with them. Each has an input of its name. */
  readonly own?: readonly OwnPackageName[] | undefined;
  readonly settings?: Settings | undefined;
  readonly files: readonly OverlaySource[];
}

type Context = StageContext<RootfsOptions, BuildPorts>;

/**
 * Unpacks, configures and normalises a Debian root file system and packs it as a tar (pax, sorted, times not
 * after SOURCE_DATE_EPOCH). The tree is the one that mmdebstrap makes of the same packages, but for
 * `NORMALISATIONS`.
 */
export const debianRootfsStage = defineStage<RootfsOptions, BuildPorts>({
  name: 'debian-rootfs',
  version: 5,
  async run(context): Promise<Outputs> {
    const { options, ports, inputs } = context;
    const tree = startToolbox(ports, context.toolbox);
    const own = options.own ?? [];
    const refs = [...options.packages, ...ownRefs(own, inputs, 'deb')];
    const packages = await openPackages(ports, refs, context);
    checkOwnDependencies(
      own,
      packages.map(({ facts }) => facts),
      options.architecture,
    );
    const keys = resultKeys(
      packages.map(({ facts }, index) => ({ facts, ref: refs[index] as PackageRef })),
      context.epoch,
    );
    await using out = await ports.scratch();
    const assembling = assemble(context, tree, packages, keys, out.path);
    const rootfs = await ports.keepWritten(join(out.path, 'rootfs.tar'), assembling);
    await keepResults(ports, keys, join(out.path, 'kept'));
    return { rootfs };
  },
});

async function assemble(
  { options, ports, epoch, signal, sink, id }: Context,
  tree: Promise<string>,
  packages: readonly StoredPackage[],
  keys: ResultKeys,
  out: string,
): Promise<void> {
  await using data = await ports.feedBlobs(packages.map((pkg) => pkg.data));
  await using info = await ports.linkBlobs(packages.map((pkg) => pkg.info));
  await using files = await ports.linkBlobs(options.files.map((file) => file.content));
  await using kept = await ports.linkNamed(await formerResults(ports.store, keys));
  await using place = await ports.workPlace(roomOf(packages));
  sink({ type: 'log', id, level: place.directory === undefined ? 'debug' : 'info', message: place.account });
  await ports.sandbox({
    ...(place.directory !== undefined && { work: place.directory }),
    toolbox: await tree,
    script: rootfsScript(options, packages, epoch),
    files: jobFiles(options, packages),
    inputs: { data: data.path, info: info.path, files: files.path, kept: kept.path },
    out,
    env: { SOURCE_DATE_EPOCH: String(epoch) },
    input: data.names,
    signal: AbortSignal.any([signal, data.broken]),
    log: (message) => {
      sink({ type: 'log', id, level: 'debug', message });
    },
  });
}

/** Bytes that a tree may take: its packages, a page for the end of each file, an initrd and what makes it. */
function roomOf(packages: readonly StoredPackage[]): number {
  const bytes = packages.map(({ data, facts }) => data.size + facts.paths.length * 4 * KIB);
  return bytes.reduce((total, size) => total + size, 512 * MIB);
}

function jobFiles(options: RootfsOptions, packages: readonly StoredPackage[]): Record<string, string> {
  const touched = touchedDirectories(packages.map(({ facts }) => facts));
  const controls = packages
    .filter(({ facts }) => facts.members.includes('preinst'))
    .map(({ facts }): [string, string] => [`control-${facts.infoName}`, controlText(facts)]);
  const triggers = triggerFiles(packages.flatMap(({ facts }) => facts.interests));
  return {
    touched: [...touched].map((path) => `${path === '' ? '.' : path}\0`).join(''),
    status: packages.map(({ facts }) => facts.status).join('\n'),
    architecture: `${options.architecture}\n`,
    packages: packages
      .map(({ facts }) => `${facts.name}:${facts.architecture}`.replace(/:all$/, ''))
      .join('\n'),
    ...Object.fromEntries(controls),
    ...Object.fromEntries([...triggers].map(([name, text]) => [`trigger-${name}`, text])),
  };
}

/** The control file, as it stands before the fields that the database adds. */
function controlText({ status }: PackageFacts): string {
  return `${status.slice(0, status.indexOf('\nStatus: install ok unpacked'))}\n`;
}

function rootfsScript(options: RootfsOptions, packages: readonly StoredPackage[], epoch: number): string {
  const overlays = options.files.map((file, index) => ({ ...file, name: String(index).padStart(5, '0') }));
  return [
    unpackScript(),
    prepareScript(),
    earlyResultsScript(),
    configureScript(packages.map(({ facts }) => facts)),
    settingsScript(options.settings, overlays),
    lateResultsScript(),
    normaliseScript(),
    packScript(ROOT, epoch),
  ].join('\n');
}

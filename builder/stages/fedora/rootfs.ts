import { join } from 'node:path';
import { MIB } from '../../../core/bytes.ts';
import type { Sha256 } from '../../../core/digest.ts';
import { defineStage, type Outputs } from '../../graph/stage.ts';
import { ROOT } from '../debian/configure-script.ts';
import type { OverlaySource } from '../debian/rootfs.ts';
import { settingsScript, type Settings } from '../debian/settings-script.ts';
import { ownRefs, type OwnPackageName } from '../own-package/inputs.ts';
import { formerResults, keepResults, KEEPING } from '../kept-results.ts';
import { packScript } from '../pack-script.ts';
import type { BuildPorts } from '../ports.ts';
import { startToolbox } from '../toolbox.ts';
import { hwdbKeys, hwdbScript } from './hwdb-script.ts';
import { installScript, RPM_MACROS } from './install-script.ts';
import { kernelScript } from './kernel-script.ts';
import { normaliseFedoraScript } from './normalisations.ts';
import { ownRefused, ownScript } from './own-script.ts';

/** A package as the stage names it: by its bytes, which were verified when they were locked. */
export interface RpmRef {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly size: number;
  readonly sha256: Sha256;
}

export interface FedoraRootfsOptions {
  /** rpm finds the order of installation itself; this one only names the files. */
  readonly packages: readonly RpmRef[];
  /** Packages of ours, installed in the same transaction. Each has an input of its name. */
  readonly own?: readonly OwnPackageName[] | undefined;
  readonly settings?: Settings | undefined;
  readonly files: readonly OverlaySource[];
}

/**
 * Installs RPM packages into an empty tree, normalises it and packs it as a tar (pax, sorted, times not
 * after SOURCE_DATE_EPOCH). The tree is the one that `dnf --installroot` makes of the same packages, but
 * for `FEDORA_NORMALISATIONS`.
 */
export const fedoraRootfsStage = defineStage<FedoraRootfsOptions, BuildPorts>({
  name: 'fedora-rootfs',
  version: 4,
  async run({ options, ports, inputs, toolbox, epoch, signal, sink, id }): Promise<Outputs> {
    const tree = startToolbox(ports, toolbox);
    await using out = await ports.scratch();
    const { own = [] } = options;
    const all = [...options.packages, ...ownRefs(own, inputs, 'rpm')];
    await using packages = await ports.linkNamed(Object.fromEntries(all.map((rpm) => [fileName(rpm), rpm])));
    await using files = await ports.linkBlobs(options.files.map((file) => file.content));
    const keys = hwdbKeys(options.packages);
    await using kept = await ports.linkNamed(await formerResults(ports.store, keys));
    await using place = await ports.workPlace(roomOf(all));
    sink({
      type: 'log',
      id,
      level: place.directory === undefined ? 'debug' : 'info',
      message: place.account,
    });
    const job = ports.sandbox({
      ...(place.directory !== undefined && { work: place.directory }),
      toolbox: await tree,
      script: rootfsScript(options, epoch),
      files: { rpmmacros: RPM_MACROS },
      inputs: { packages: packages.path, files: files.path, kept: kept.path },
      out: out.path,
      env: { SOURCE_DATE_EPOCH: String(epoch) },
      signal,
      log: (message) => {
        sink({ type: 'log', id, level: 'debug', message });
      },
    });
    const installing = job.catch((error: unknown) => {
      throw ownRefused(own, error);
    });
    const rootfs = await ports.keepWritten(join(out.path, 'rootfs.tar'), installing);
    await keepResults(ports, keys, join(out.path, 'kept'));
    return { rootfs };
  },
});

/** Bytes that a tree may take: packages unpack to three or four times their size; an initramfs and what makes it. */
function roomOf(packages: readonly RpmRef[]): number {
  return packages.reduce((total, { size }) => total + 4 * size, 512 * MIB);
}

/** Without an epoch, as on mirrors. */
function fileName({ name, version, architecture }: RpmRef): string {
  return `${name}-${version.replace(/^\d+:/, '')}.${architecture}.rpm`;
}

function rootfsScript({ own = [], settings, files }: FedoraRootfsOptions, epoch: number): string {
  const overlays = files.map((file, index) => ({ ...file, name: String(index).padStart(5, '0') }));
  return [
    KEEPING,
    installScript(),
    ownScript(own),
    hwdbScript(),
    settingsScript(settings, overlays),
    kernelScript(),
    normaliseFedoraScript(),
    packScript(ROOT, epoch),
  ].join('\n');
}

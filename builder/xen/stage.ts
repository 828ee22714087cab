import { join } from 'node:path';
import { AppError } from '../../core/errors.ts';
import { defineStage, type Artifact, type Outputs, type StageContext } from '../graph/stage.ts';
import { inputOf } from '../outputs/input-of.ts';
import { runInToolbox } from '../outputs/run-in-toolbox.ts';
import { openPackages, type PackageRef } from '../stages/debian/packages.ts';
import type { BuildPorts } from '../stages/ports.ts';
import {
  buildScript,
  compareScript,
  HYPERVISOR_MAKEFILE,
  takeBinaryScript,
  upstreamBuildScript,
} from './build-script.ts';
import { verdictOf, type XenFacts } from '../report/xen.ts';

export interface XenBuildOptions {
  /** The upstream tarball and the packaging's, as the signed Sources index lists them. */
  readonly orig: Artifact;
  readonly debian: Artifact;
}

/** Compiles the hypervisor from a Debian source package. */
export const xenBuildStage = defineStage<XenBuildOptions, BuildPorts>({
  name: 'xen-build',
  version: 1,
  async run(context): Promise<Outputs> {
    const { ports, options } = context;
    await using source = await ports.linkNamed({ 'orig.tar': options.orig, 'debian.tar': options.debian });
    await using out = await ports.scratch();
    await runInToolbox(context, {
      script: buildScript(),
      files: { 'hypervisor.mk': HYPERVISOR_MAKEFILE },
      inputs: { source: source.path },
      out: out.path,
    });
    return await keepHypervisor(ports, out.path);
  },
});

export interface XenUpstreamOptions {
  /** The name of the release or tag. */
  readonly version: string;
  readonly source: Artifact;
}

/** Compiles the hypervisor from what upstream signed. There is no other binary of it to compare with. */
export const xenUpstreamStage = defineStage<XenUpstreamOptions, BuildPorts>({
  name: 'xen-upstream',
  version: 1,
  async run(context): Promise<Outputs> {
    const { ports, options } = context;
    await using source = await ports.linkNamed({ 'source.tar': options.source });
    await using out = await ports.scratch();
    await runInToolbox(context, {
      script: upstreamBuildScript(),
      inputs: { source: source.path },
      out: out.path,
    });
    const facts: XenFacts = { version: options.version, origin: 'upstream', reproduced: 'not-compared' };
    return { ...(await keepHypervisor(ports, out.path)), facts: await keepFacts(ports, facts) };
  },
});

async function keepHypervisor(ports: BuildPorts, directory: string): Promise<Outputs> {
  return {
    'xen.gz': await ports.keep(join(directory, 'xen.gz')),
    'xen.efi': await ports.keep(join(directory, 'xen.efi')),
  };
}

function keepFacts(ports: BuildPorts, facts: XenFacts): Promise<Artifact> {
  return ports.keepBytes(Buffer.from(`${JSON.stringify(facts)}\n`));
}

export interface XenOptions {
  /** The distribution's binary package of the same version. */
  readonly binary: PackageRef;
  /** What to do when the compiled bytes are others than the package's. */
  readonly onDifference: 'fail' | 'accept';
  /** Why there is no source; only without an input `built`. */
  readonly missingSource?: string;
}

/**
 * The hypervisor of the images: what the input `built` compiled, compared with the distribution's package; or,
 * where no mirror has the source, the package's. `facts` says which and how the comparison went.
 */
export const xenStage = defineStage<XenOptions, BuildPorts>({
  name: 'xen',
  version: 1,
  async run(context): Promise<Outputs> {
    const { options, ports, inputs } = context;
    const [binary] = await openPackages(ports, [options.binary], context);
    if (binary === undefined) throw new AppError({ kind: 'bug', code: 'xen.binary', what: 'no package' });
    const { version } = options.binary;
    const made =
      inputs['built'] === undefined
        ? await takeBinary(context, binary.data)
        : await compareBuilt(context, binary.data);
    const facts: XenFacts = { version, ...made.facts };
    if (facts.reproduced === 'no' && options.onDifference === 'fail') throw differs(options.binary, facts);
    return { ...made.files, facts: await keepFacts(ports, facts) };
  },
});

interface Made {
  readonly files: Outputs;
  readonly facts: Omit<XenFacts, 'version'>;
}

async function compareBuilt(context: StageContext<XenOptions, BuildPorts>, data: Artifact): Promise<Made> {
  const { ports, inputs } = context;
  const files = {
    'xen.gz': inputOf(inputs, 'built', 'xen.gz'),
    'xen.efi': inputOf(inputs, 'built', 'xen.efi'),
  };
  await using binary = await ports.linkNamed({ data });
  await using built = await ports.linkNamed(files);
  const { stdout } = await runInToolbox(context, {
    script: compareScript(),
    inputs: { binary: binary.path, built: built.path },
  });
  return { files, facts: { origin: 'source', ...verdictOf(stdout) } };
}

async function takeBinary(context: StageContext<XenOptions, BuildPorts>, data: Artifact): Promise<Made> {
  const { ports, options, sink, id } = context;
  const note = options.missingSource ?? 'no source';
  sink({
    type: 'log',
    id,
    level: 'warning',
    message: `Xen is the distribution's binary, not compiled: ${note}`,
  });
  await using binary = await ports.linkNamed({ data });
  await using out = await ports.scratch();
  await runInToolbox(context, {
    script: takeBinaryScript(),
    inputs: { binary: binary.path },
    out: out.path,
  });
  return {
    files: await keepHypervisor(ports, out.path),
    facts: { origin: 'distribution-binary', reproduced: 'unknown', note },
  };
}

function differs(binary: PackageRef, facts: XenFacts): AppError {
  return new AppError({
    kind: 'verification',
    code: 'xen.not-reproduced',
    what: "the hypervisor compiled from source is not the distribution's",
    where: `${binary.name} ${binary.version}`,
    expected: 'the same bytes as in the binary package',
    got: facts.note,
    next: 'compare the locked compiler with the buildinfo of the package; `on-difference: accept` in the recipe takes ours',
  });
}

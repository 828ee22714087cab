import { defineStage, type Artifact, type Outputs } from '../../graph/stage.ts';
import type { BuildPorts } from '../../stages/ports.ts';
import { mediumConfig, mediumVariables } from '../grub/medium-config.ts';
import { inputOf } from '../input-of.ts';
import { parseXenFacts } from '../../report/xen.ts';
import { manifestText, type ManifestFacts, type MediumImage } from './manifest.ts';
import { checksumList, PATHS, type MediumTree } from './tree.ts';

/** A template on the medium: its files come from the input node of the same name. */
export interface MediumTemplate {
  readonly name: string;
  /** Bytes of the file system. */
  readonly rawSize: number;
}

export interface MediumOptions {
  readonly label: string;
  /** Bytes of dom0's file system. */
  readonly dom0Size: number;
  readonly templates: readonly MediumTemplate[];
  readonly locks: ManifestFacts['locks'];
  /** The key that signs the manifest: fingerprint and armored public part. */
  readonly key: { readonly fingerprint: string; readonly armored: string };
}

/** Every path on a medium with these templates, sorted. */
export function mediumPaths(templates: readonly Pick<MediumTemplate, 'name'>[]): string[] {
  return [
    ...Object.values(PATHS),
    ...templates.flatMap(({ name }) => Object.values(templatePaths(name))),
  ].sort();
}

function templatePaths(name: string): { root: string; kernel: string; initrd: string } {
  const base = `images/${name}`;
  return { root: `${base}/root.img.zst`, kernel: `${base}/vmlinuz`, initrd: `${base}/initrd.img` };
}

/**
 * The text files of the medium: menu, manifest with its signature, checksums. Its outputs are all files of the
 * medium by path, so the node that assembles the image takes them as they are; `boot/grub/bios.img` is the one
 * that the layout found.
 */
export const mediumStage = defineStage<MediumOptions, BuildPorts>({
  name: 'medium',
  version: 2,
  async run({ ports, options, inputs, epoch }): Promise<Outputs> {
    const { label, templates, locks, key } = options;
    const text = (content: string): Promise<Artifact> => ports.keepBytes(Buffer.from(content));
    const payload: Record<string, Artifact> = {
      [PATHS.grubConfig]: await text(mediumConfig()),
      [PATHS.bios]: inputOf(inputs, 'layout', 'bios'),
      [PATHS.esp]: inputOf(inputs, 'boot', 'esp'),
      [PATHS.xen]: inputOf(inputs, 'xen', 'xen.gz'),
      [PATHS.kernel]: inputOf(inputs, 'live', 'vmlinuz'),
      [PATHS.initrd]: inputOf(inputs, 'live', 'initrd'),
      [PATHS.dom0]: inputOf(inputs, 'live', 'live'),
      [PATHS.layer]: inputOf(inputs, 'layer', 'layer'),
      [PATHS.key]: await text(key.armored),
      ...Object.fromEntries(templates.flatMap(({ name }) => Object.entries(templateFiles(inputs, name)))),
    };
    const facts = await ports.store.read(inputOf(inputs, 'xen', 'facts'), 'facts of Xen');
    const xen = parseXenFacts(facts.toString('utf8'));
    const images = imagesOf(options);
    const manifest = manifestText({ created: epoch, label, images, xen, locks }, payload);
    const signed: MediumTree = {
      ...payload,
      [PATHS.manifest]: await text(manifest),
      [PATHS.signature]: await text(await ports.signRelease(key.fingerprint, Buffer.from(manifest), epoch)),
    };
    const sums = await text(checksumList(signed));
    return {
      ...signed,
      [PATHS.sums]: sums,
      [PATHS.grubVariables]: await text(mediumVariables(label, sums.sha256)),
    };
  },
});

function templateFiles(inputs: Readonly<Record<string, Outputs>>, name: string): MediumTree {
  const paths = templatePaths(name);
  return {
    [paths.root]: inputOf(inputs, name, 'root.img.zst'),
    [paths.kernel]: inputOf(inputs, name, 'vmlinuz'),
    [paths.initrd]: inputOf(inputs, name, 'initrd'),
  };
}

function imagesOf({ dom0Size, templates }: MediumOptions): MediumImage[] {
  return [
    { name: 'dom0', kind: 'dom0', path: PATHS.dom0, rawSize: dom0Size },
    ...templates.map(({ name, rawSize }): MediumImage => {
      return { name, kind: 'template', path: templatePaths(name).root, rawSize };
    }),
  ];
}

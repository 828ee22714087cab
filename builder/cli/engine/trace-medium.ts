import { AppError } from '../../../core/errors.ts';
import { formatBytes } from '../../../core/bytes.ts';
import { PATHS } from '../../outputs/iso/tree.ts';
import type { ManifestOutput } from '../../report/manifest.ts';
import { readTree, type Captured, type Tree } from '../../report/tree.ts';
import { describeXen } from '../../report/xen.ts';
import { planProducts } from './build.ts';
import type { Image } from './images.ts';
import type { Medium } from './medium.ts';
import type { LockedRecipe } from './plan.ts';
import type { Session } from './session.ts';

/** The chain of a file of a medium as lines; undefined when the medium has no such file. */
export function mediumFileLines(
  medium: Medium,
  { file, sha256 }: ManifestOutput,
  path: string,
): string[] | undefined {
  const wanted = path.replace(/^\/+/, '');
  const found = medium.content.files.find((one) => one.path === wanted);
  if (found === undefined) return undefined;
  const { signer } = medium;
  return [
    `/${wanted} of the medium`,
    `  file       ${formatBytes(found.size)}, SHA-256 ${found.sha256}`,
    `  image      ${file}, SHA-256 ${sha256}, as its manifest says`,
    `  listed in  ${PATHS.manifest} of the medium`,
    `             SHA-256 ${medium.manifest}`,
    `  signed by  ${signer.fingerprint}  ${signer.owner}`,
    `             the key on the medium, ${PATHS.key}; the system on it trusts this one`,
    ...contentLines(medium, wanted, file),
  ];
}

function contentLines({ content }: Medium, path: string, iso: string): string[] {
  if (path === PATHS.xen) return [`  holds      ${describeXen(content.xen)}`];
  const image = content.images.find((one) => one.path === path);
  if (image?.kind === 'dom0') return [`  holds      dom0; for a file of it: qubeforge trace ${iso} PATH`];
  if (image === undefined) return [];
  const recipe = Object.keys(content.locks).find((name) => name.endsWith(image.name)) ?? image.name;
  return [
    `  holds      the template ${image.name}, which the recipe ${recipe} makes. For a file of it:`,
    `             qubeforge build ${recipe}, then qubeforge trace out/${recipe}.root.img.zst PATH`,
  ];
}

/**
 * dom0's tree of a medium: the result of the very stage that the medium's manifest names. Throws `trace.not-stored`
 * when that result is not in the store any more.
 */
export async function dom0Tree(
  session: Session,
  { manifest }: Image,
  recipes: ReadonlyMap<string, LockedRecipe>,
  captured: Captured,
): Promise<{ readonly tree: Tree; readonly rootfs: ManifestOutput }> {
  const { name } = manifest.recipe;
  const [product] = await planProducts(session, recipes, { recipes: [name], outputs: ['rootfs-tar'] });
  const node = product?.node.id;
  const record = node === undefined ? undefined : await session.cache.lookup(node);
  const blob = record?.outputs['rootfs'];
  if (node === undefined || blob === undefined || !manifest.stages.some(({ id }) => id === node)) {
    throw notStored(name);
  }
  const tree = await readTree(session.store.stream(blob, name), name, captured);
  return { tree, rootfs: { file: `dom0 of ${name}.iso`, output: 'rootfs', node, ...blob } };
}

function notStored(recipe: string): AppError {
  return new AppError({
    kind: 'usage',
    code: 'trace.not-stored',
    what: 'the path is none of the medium, and the tree of its dom0 is not in the store any more',
    where: recipe,
    expected: 'a path of the medium, or what this medium was built from',
    got: 'another state of the sources, or a store that was cleaned',
    next: `qubeforge build ${recipe}`,
  });
}

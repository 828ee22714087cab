import { join } from 'node:path';
import { sha256 } from '../../../core/digest.ts';
import { readIfPresent, writeFileAtomic } from '../../../edge/files.ts';
import { resultOf } from '../../graph/execute.ts';
import { allNodes } from '../../graph/plan.ts';
import { printManifest } from '../../report/manifest.ts';
import { packageList, type ReportedImage } from '../../report/package-list.ts';
import { spdxDocument } from '../../report/sbom.ts';
import { epochOf } from './families.ts';
import { manifestsOf, type Built } from './manifests.ts';
import { lockedNeed } from './needs.ts';
import { ownEntriesIn } from './own-packages.ts';
import type { LockedRecipe, Product } from './plan.ts';
import type { Session } from './session.ts';
import { xenFactsIn } from './xen-facts.ts';

/** SPDX documents need a name that is unique in the world and need not be reachable (SPDX 2.3 §6.5). */
const NAMESPACE = 'https://spdx.org/spdxdocs/qubeforge';

/** A text that lies beside the products of a recipe. */
export interface ReportFile {
  readonly file: string;
  readonly text: string;
}

/**
 * What people and scanners read about the products of each recipe: the list of its packages and an SBOM; for a
 * medium also `SHA256SUMS` of everything beside it, with a detached signature by the release key.
 */
export async function reportsOf(session: Session, built: Built): Promise<ReportFile[]> {
  const lists = manifestsOf(built).map(async ({ file, manifest, locked }) => {
    const { recipe } = locked.loaded;
    const [xen] = recipe.kind === 'xen' ? await xenFactsIn(session, nodesOf(recipe.name, built)) : [];
    const own = { file, text: printManifest({ ...manifest, xen }) };
    if (recipe.kind === 'toolbox') return [own];
    const images = partsOf(locked, built);
    const files = [
      own,
      { file: `${recipe.name}.packages.txt`, text: packageList(images) },
      {
        file: `${recipe.name}.spdx.json`,
        text: spdxDocument({ name: recipe.name, created: manifest.epoch, namespace: NAMESPACE, images }),
      },
    ];
    return recipe.kind === 'iso' ? [...files, ...(await sums(session, locked, built, files))] : files;
  });
  return (await Promise.all(lists)).flat();
}

function nodesOf(name: string, { products }: Built): Product['node'][] {
  return products.flatMap(({ node }) => (node.recipe === name ? [node] : []));
}

/** Writes the reports; those that are there already are left alone. */
export async function placeReports(directory: string, reports: readonly ReportFile[]): Promise<void> {
  for (const { file, text } of reports) {
    const path = join(directory, file);
    if ((await readIfPresent(path))?.toString('utf8') !== text) await writeFileAtomic(path, text);
  }
}

/** The systems that are on an image, each with its packages. */
function partsOf(locked: LockedRecipe, { recipes, products }: Built): ReportedImage[] {
  const nodes = allNodes(products.map(({ node }) => node));
  const { recipe } = locked.loaded;
  const others = recipe.kind === 'iso' ? [recipe.xen, ...recipe.templates] : [];
  return [locked, ...others.map((name) => lockedNeed(recipes, name))].map(({ loaded, lock }) => {
    const { name } = loaded.recipe;
    return { name, family: lock.family, packages: lock.packages, own: ownEntriesIn(nodes, name) };
  });
}

/** In the form that `sha256sum --check` reads, in the order of names. */
async function sums(
  session: Session,
  locked: LockedRecipe,
  { products, results }: Built,
  files: readonly ReportFile[],
): Promise<ReportFile[]> {
  const { name } = locked.loaded.recipe;
  const lines = [
    ...products.flatMap(({ node, output, file }) => {
      const blob = node.recipe === name ? resultOf(results, node)[output] : undefined;
      return blob === undefined ? [] : [{ file, digest: blob.sha256 }];
    }),
    ...files.map(({ file, text }) => ({ file, digest: sha256(Buffer.from(text)) })),
  ];
  const text = lines
    .toSorted((a, b) => (a.file < b.file ? -1 : 1))
    .map(({ file, digest }) => `${digest}  ${file}\n`)
    .join('');
  const { fingerprint } = await session.releaseKey();
  const signature = await session.ports.signRelease(fingerprint, Buffer.from(text), epochOf(locked));
  return [
    { file: 'SHA256SUMS', text },
    { file: 'SHA256SUMS.asc', text: signature },
  ];
}

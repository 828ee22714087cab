import type { Artifact } from '../../graph/stage.ts';
import { defineNode, type Node } from '../../graph/node.ts';
import { templateImageStage } from '../../outputs/template-image.ts';
import type { Lock, LockedPackage } from '../../lock/schema.ts';
import type { WantedFile } from '../../fetch/files.ts';
import type { PackageRef } from '../../stages/debian/packages.ts';
import { debianRootfsStage, type OverlaySource } from '../../stages/debian/rootfs.ts';
import type { BuildPorts } from '../../stages/ports.ts';
import { toolboxStage } from '../../stages/toolbox.ts';
import { AppError } from '../../../core/errors.ts';
import type { LoadedBuildable } from './locks.ts';
import { lockedNeed } from './needs.ts';
import { isoNode } from './plan-iso.ts';
import { xenNode, xenProducts } from './plan-xen.ts';
import type { Session } from './session.ts';

/** A recipe with the lock it is built from. */
export interface LockedRecipe {
  readonly loaded: LoadedBuildable;
  readonly lock: Lock;
}

/** A file that a build leaves in the output directory. */
export interface Product {
  readonly node: Node<BuildPorts>;
  /** Name of the node's output. */
  readonly output: string;
  /** File name below the output directory. */
  readonly file: string;
}

/** SOURCE_DATE_EPOCH of a lock: when the newest of its indexes was signed, in seconds since 1970. */
export function epochOf(lock: Lock): number {
  return Math.max(...lock.releases.map(({ date }) => Math.floor(Date.parse(date) / 1000)));
}

/** The node of a toolbox. */
export function toolboxNode({ loaded, lock }: LockedRecipe): Node<BuildPorts> {
  const { name } = loaded.recipe;
  return defineNode(toolboxStage, {
    recipe: name,
    title: 'Unpack the toolbox',
    options: { packages: lock.packages.map(packageRef) },
    epoch: epochOf(lock),
  });
}

/** The nodes of a recipe's outputs and the files they end up as. `recipes` has all that it needs. */
export async function productsOf(
  session: Session,
  locked: LockedRecipe,
  recipes: ReadonlyMap<string, LockedRecipe>,
  outputs: readonly string[] | undefined,
): Promise<Product[]> {
  const { recipe } = locked.loaded;
  if (recipe.kind === 'toolbox')
    return [{ node: toolboxNode(locked), output: 'tree', file: `${recipe.name}.list` }];
  const toolbox = toolboxNode(lockedNeed(recipes, recipe.toolbox));
  if (recipe.kind === 'xen') return xenProducts(recipe.name, xenNode(locked, toolbox));
  const rootfs = await rootfsNode(session, locked, toolbox);
  const lists = (outputs ?? recipe.outputs).map(async (output): Promise<Product[]> => {
    if (output === 'rootfs-tar')
      return [{ node: rootfs, output: 'rootfs', file: `${recipe.name}.rootfs.tar` }];
    if (output === 'iso' && recipe.kind === 'iso') {
      const node = await mediumNode(session, locked, recipes, rootfs);
      return [{ node, output: 'iso', file: `${recipe.name}.iso` }];
    }
    if (output !== 'template-image' || recipe.kind !== 'template') throw noSuchOutput(recipe.name, output);
    const node = templateNode(locked, rootfs, toolbox);
    const names = ['root.img.zst', ...(recipe.image.kernel ? ['vmlinuz', 'initrd'] : [])];
    return names.map((name) => ({ node, output: name, file: `${recipe.name}.${name}` }));
  });
  return (await Promise.all(lists)).flat();
}

async function mediumNode(
  session: Session,
  locked: LockedRecipe,
  recipes: ReadonlyMap<string, LockedRecipe>,
  rootfs: Node<BuildPorts>,
): Promise<Node<BuildPorts>> {
  const { recipe } = locked.loaded;
  if (recipe.kind !== 'iso') throw noSuchOutput(recipe.name, 'iso');
  const xen = lockedNeed(recipes, recipe.xen);
  const templates = recipe.templates.map(async (name): Promise<[string, Node<BuildPorts>]> => {
    const template = lockedNeed(recipes, name);
    const toolbox = toolboxOf(template, recipes);
    return [name, templateNode(template, await rootfsNode(session, template, toolbox), toolbox)];
  });
  return await isoNode(session, { ...locked.loaded, recipe }, locked, recipes, {
    rootfs,
    xen: xenNode(xen, toolboxOf(xen, recipes)),
    templates: new Map(await Promise.all(templates)),
  });
}

function toolboxOf({ loaded }: LockedRecipe, recipes: ReadonlyMap<string, LockedRecipe>): Node<BuildPorts> {
  const { recipe } = loaded;
  return toolboxNode(lockedNeed(recipes, recipe.kind === 'toolbox' ? recipe.name : recipe.toolbox));
}

function templateNode(
  { loaded: { recipe }, lock }: LockedRecipe,
  rootfs: Node<BuildPorts>,
  toolbox: Node<BuildPorts>,
): Node<BuildPorts> {
  if (recipe.kind !== 'template') throw noSuchOutput(recipe.name, 'template-image');
  const { size, label, kernel } = recipe.image;
  return defineNode(templateImageStage, {
    recipe: recipe.name,
    title: 'Make the root image',
    options: { size, label, kernel },
    inputs: { rootfs },
    toolbox,
    epoch: epochOf(lock),
  });
}

async function rootfsNode(
  { ports }: Session,
  { loaded, lock }: LockedRecipe,
  toolbox: Node<BuildPorts>,
): Promise<Node<BuildPorts>> {
  const { recipe, overlays } = loaded;
  const files = await Promise.all(
    overlays.map(async ({ bytes, target, mode, owner, group }): Promise<OverlaySource> => {
      const content: Artifact = await ports.keepBytes(bytes);
      return { content, target, mode, owner, group };
    }),
  );
  return defineNode(debianRootfsStage, {
    recipe: recipe.name,
    title: 'Assemble the root file system',
    options: {
      architecture: recipe.architecture,
      packages: lock.packages.map(packageRef),
      settings: 'system' in recipe ? recipe.system : undefined,
      files,
    },
    toolbox,
    epoch: epochOf(lock),
  });
}

/** What has to be in the store before the nodes of a lock can run. */
export function wantedFiles({ loaded, lock }: LockedRecipe): WantedFile[] {
  const files = [
    ...lock.packages.map((pkg) => ({ ...pkg, what: `${pkg.name} ${pkg.version} (${pkg.architecture})` })),
    ...lock.sources.flatMap((source) =>
      source.files.map((file) => ({
        ...source,
        ...file,
        path: `${source.directory}/${file.name}`,
        what: `${source.name} ${source.version} (source)`,
      })),
    ),
  ];
  return files.map((pkg) => {
    const repository = loaded.recipe.repositories.find(({ name }) => name === pkg.repository);
    const release = lock.releases.find(
      ({ repository: name, suite }) => name === pkg.repository && suite === pkg.suite,
    );
    if (repository === undefined || release === undefined) throw unknownOrigin(loaded.recipe.name, pkg);
    const { path, size, sha256, what } = pkg;
    return {
      path,
      size,
      sha256,
      what,
      repository,
      date: new Date(release.date),
    };
  });
}

export function packageRef({ name, version, architecture, size, sha256 }: LockedPackage): PackageRef {
  return { name, version, architecture, size, sha256 };
}

function unknownOrigin(
  recipe: string,
  pkg: Pick<LockedPackage, 'name' | 'version' | 'repository' | 'suite'>,
): AppError {
  return new AppError({
    kind: 'verification',
    code: 'lock.origin',
    what: 'the lock takes a package from a repository that it or the recipe does not know',
    where: `${recipe}: ${pkg.name} ${pkg.version}`,
    expected: 'a repository and suite of the recipe',
    got: `${pkg.repository} ${pkg.suite}`,
    next: `qubeforge lock ${recipe} --update`,
  });
}

function noSuchOutput(recipe: string, output: string): AppError {
  return new AppError({
    kind: 'usage',
    code: 'usage.output',
    what: 'the recipe cannot be built to this output',
    where: recipe,
    got: output,
    next: 'qubeforge build --help',
  });
}

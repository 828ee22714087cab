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

/** The nodes of a recipe's outputs and the files they end up as. */
export async function productsOf(
  session: Session,
  locked: LockedRecipe,
  toolbox: Node<BuildPorts>,
  outputs: readonly string[] | undefined,
): Promise<Product[]> {
  const { recipe } = locked.loaded;
  if (recipe.kind === 'toolbox')
    return [{ node: toolboxNode(locked), output: 'tree', file: `${recipe.name}.list` }];
  const rootfs = await rootfsNode(session, locked, toolbox);
  return (outputs ?? recipe.outputs).flatMap((output) => {
    if (output === 'rootfs-tar')
      return [{ node: rootfs, output: 'rootfs', file: `${recipe.name}.rootfs.tar` }];
    if (output !== 'template-image' || recipe.kind !== 'template') throw noSuchOutput(recipe.name, output);
    const { size, label, kernel } = recipe.image;
    const node = defineNode(templateImageStage, {
      recipe: recipe.name,
      title: 'Make the root image',
      options: { size, label, kernel },
      inputs: { rootfs },
      toolbox,
      epoch: epochOf(locked.lock),
    });
    const names = ['root.img.zst', ...(kernel ? ['vmlinuz', 'initrd'] : [])];
    return names.map((name) => ({ node, output: name, file: `${recipe.name}.${name}` }));
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
  return lock.packages.map((pkg) => {
    const repository = loaded.recipe.repositories.find(({ name }) => name === pkg.repository);
    const release = lock.releases.find(
      ({ repository: name, suite }) => name === pkg.repository && suite === pkg.suite,
    );
    if (repository === undefined || release === undefined) throw unknownOrigin(loaded.recipe.name, pkg);
    const { path, size, sha256, name, version, architecture } = pkg;
    return {
      path,
      size,
      sha256,
      what: `${name} ${version} (${architecture})`,
      repository,
      date: new Date(release.date),
    };
  });
}

function packageRef({ name, version, architecture, size, sha256 }: LockedPackage): PackageRef {
  return { name, version, architecture, size, sha256 };
}

function unknownOrigin(recipe: string, pkg: LockedPackage): AppError {
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

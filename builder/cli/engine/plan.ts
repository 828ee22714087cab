import { defineNode, type Node } from '../../graph/node.ts';
import { templateImageStage } from '../../outputs/template-image.ts';
import type { AnyLock } from '../../lock/schema.ts';
import type { BuildPorts } from '../../stages/ports.ts';
import { toolboxStage } from '../../stages/toolbox.ts';
import { AppError } from '../../../core/errors.ts';
import { packageRef } from './debian.ts';
import { epochOf, rootfsNode } from './families.ts';
import type { LoadedBuildable } from './locks.ts';
import { lockedNeed } from './needs.ts';
import { ownNodes, type Compiler } from './own-packages.ts';
import { isoNode } from './plan-iso.ts';
import { xenNode, xenProducts } from './plan-xen.ts';
import type { Session } from './session.ts';

/** A recipe with the lock it is built from. */
export interface LockedRecipe {
  readonly loaded: LoadedBuildable;
  readonly lock: AnyLock;
}

/** A file that a build leaves in the output directory. */
export interface Product {
  readonly node: Node<BuildPorts>;
  /** Name of the node's output. */
  readonly output: string;
  /** File name below the output directory. */
  readonly file: string;
}

/** The node of a toolbox. */
export function toolboxNode(locked: LockedRecipe): Node<BuildPorts> {
  const { lock, loaded } = locked;
  const { name } = loaded.recipe;
  if (lock.family !== 'debian') throw noSuchOutput(name, 'a toolbox');
  return defineNode(toolboxStage, {
    recipe: name,
    title: 'Unpack the toolbox',
    options: { packages: lock.packages.map(packageRef) },
    epoch: epochOf(locked),
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
  const rootfs = await plannedRootfs(session, locked, recipes);
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
    return [name, templateNode(template, await plannedRootfs(session, template, recipes), toolbox)];
  });
  return await isoNode(session, { ...locked.loaded, recipe }, locked, recipes, {
    rootfs,
    xen: xenNode(xen, toolboxOf(xen, recipes)),
    templates: new Map(await Promise.all(templates)),
  });
}

/** The compilers of packages of ours, among locked recipes. */
export function compilersIn(recipes: ReadonlyMap<string, LockedRecipe>): (name: string) => Compiler {
  return (name) => {
    const compiler = lockedNeed(recipes, name);
    return { node: toolboxNode(compiler), epoch: epochOf(compiler) };
  };
}

async function plannedRootfs(
  session: Session,
  locked: LockedRecipe,
  recipes: ReadonlyMap<string, LockedRecipe>,
): Promise<Node<BuildPorts>> {
  const own = await ownNodes(session, locked, compilersIn(recipes));
  return await rootfsNode(session, locked, { own, toolbox: toolboxOf(locked, recipes) });
}

function toolboxOf({ loaded }: LockedRecipe, recipes: ReadonlyMap<string, LockedRecipe>): Node<BuildPorts> {
  const { recipe } = loaded;
  return toolboxNode(lockedNeed(recipes, recipe.kind === 'toolbox' ? recipe.name : recipe.toolbox));
}

function templateNode(
  locked: LockedRecipe,
  rootfs: Node<BuildPorts>,
  toolbox: Node<BuildPorts>,
): Node<BuildPorts> {
  const { recipe } = locked.loaded;
  if (recipe.kind !== 'template') throw noSuchOutput(recipe.name, 'template-image');
  const { size, label, kernel } = recipe.image;
  return defineNode(templateImageStage, {
    recipe: recipe.name,
    title: 'Make the root image',
    options: { name: recipe.name, size, label, kernel },
    inputs: { rootfs },
    toolbox,
    epoch: epochOf(locked),
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

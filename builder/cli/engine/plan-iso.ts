import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../../core/errors.ts';
import { digestOf, type Sha256 } from '../../../core/digest.ts';
import { defineNode, type Node } from '../../graph/node.ts';
import { bootImagesStage } from '../../outputs/grub/boot-images.ts';
import { isoStage } from '../../outputs/iso/image.ts';
import { layoutStage } from '../../outputs/iso/layout.ts';
import { mediumPaths, mediumStage, type MediumTemplate } from '../../outputs/iso/medium.ts';
import { liveLayerStage, type LiveLayerOptions } from '../../outputs/live/live-layer.ts';
import { liveRootStage } from '../../outputs/live/live-root.ts';
import type { LoadedRecipe } from '../../recipe/load.ts';
import type { RecipeOf } from '../../recipe/schema.ts';
import type { BuildPorts } from '../../stages/ports.ts';
import { lockedNeed } from './needs.ts';
import { epochOf } from './families.ts';
import { toolboxNode, type LockedRecipe } from './plan.ts';
import type { Session } from './session.ts';

type IsoRecipe = LoadedRecipe<RecipeOf<'iso'>>;

/** Programs that run on the medium; `npm run bundle` makes them. */
const PROGRAMS = ['qubeforge-install.mjs', 'qubeforge-verify-medium.mjs'];
const PROGRAM_DIRECTORY = '/usr/lib/qubeforge';
/** The installer trusts this copy of the key, which is in the system that was started. */
const MEDIUM_KEY = '/usr/share/qubeforge/medium-key.asc';

/** What a medium is made of, planned by others. */
export interface IsoInputs {
  readonly rootfs: Node<BuildPorts>;
  readonly xen: Node<BuildPorts>;
  readonly templates: ReadonlyMap<string, Node<BuildPorts>>;
}

/** The node of an installer medium. */
export async function isoNode(
  session: Session,
  loaded: IsoRecipe,
  locked: LockedRecipe,
  recipes: ReadonlyMap<string, LockedRecipe>,
  given: IsoInputs,
): Promise<Node<BuildPorts>> {
  const { recipe } = loaded;
  const { label, image } = recipe;
  const tools = toolboxNode(lockedNeed(recipes, recipe['image-toolbox']));
  const common = { recipe: recipe.name, toolbox: tools, epoch: epochOf(locked) };
  const key = await session.releaseKey();
  const templates = recipe.templates.map((name) => templateOf(lockedNeed(recipes, name)));

  const boot = defineNode(bootImagesStage, { ...common, title: 'Make the boot images', options: { label } });
  const live = defineNode(liveRootStage, {
    ...common,
    title: 'Make the live root',
    options: { size: image.size, label: image.label },
    inputs: { rootfs: given.rootfs },
  });
  const layer = defineNode(liveLayerStage, {
    ...common,
    title: 'Make the live layer',
    options: { files: await layerFiles(session, loaded, key.publicKey) },
  });
  const layout = defineNode(layoutStage, {
    ...common,
    title: 'Lay out the medium',
    options: { label, paths: mediumPaths(templates) },
    inputs: { boot },
  });
  const medium = defineNode(mediumStage, {
    ...common,
    title: 'Sign the manifest',
    options: {
      label,
      dom0Size: image.size,
      templates,
      locks: locksOf(
        [recipe.xen, ...recipe.templates].map((name) => lockedNeed(recipes, name)),
        locked,
      ),
      key: { fingerprint: key.fingerprint, armored: key.publicKey },
    },
    inputs: {
      boot,
      live,
      layer,
      layout,
      xen: given.xen,
      ...Object.fromEntries([...given.templates].map(([name, node]) => [qubeName(name), node])),
    },
  });
  return defineNode(isoStage, {
    ...common,
    title: 'Assemble the medium',
    options: { label },
    inputs: { boot, medium },
  });
}

/** What the TemplateVM of a recipe is called: `debian-13` for `template-debian-13`. */
function qubeName(recipe: string): string {
  return recipe.replace(/^template-/, '');
}

function templateOf({ loaded: { recipe } }: LockedRecipe): MediumTemplate {
  if (recipe.kind === 'template') return { name: qubeName(recipe.name), rawSize: recipe.image.size };
  throw new AppError({
    kind: 'recipe',
    code: 'iso.template',
    what: 'a medium carries templates only',
    where: recipe.name,
    expected: 'a recipe of kind template',
    got: recipe.kind,
  });
}

async function layerFiles(
  { ports, context }: Session,
  { liveOverlays }: IsoRecipe,
  publicKey: string,
): Promise<LiveLayerOptions['files']> {
  const programs = await Promise.all(
    PROGRAMS.map(async (name) => {
      const bytes = await readFile(join(context.root, 'dist', name)).catch(() => undefined);
      if (bytes === undefined) throw notBundled(name);
      return { content: await ports.keepBytes(bytes), target: `${PROGRAM_DIRECTORY}/${name}`, mode: '0644' };
    }),
  );
  const files = await Promise.all(
    liveOverlays.map(async ({ bytes, target, mode }) => {
      return { content: await ports.keepBytes(bytes), target, mode };
    }),
  );
  const key = { content: await ports.keepBytes(Buffer.from(publicKey)), target: MEDIUM_KEY, mode: '0644' };
  return [...files, ...programs, key];
}

function locksOf(parts: readonly LockedRecipe[], own: LockedRecipe): Record<string, Sha256> {
  return Object.fromEntries([own, ...parts].map(({ loaded, lock }) => [loaded.recipe.name, digestOf(lock)]));
}

function notBundled(name: string): AppError {
  return new AppError({
    kind: 'tool',
    code: 'iso.program',
    what: `the program ${name} of the medium has not been bundled`,
    where: `dist/${name}`,
    next: 'npm run bundle',
  });
}

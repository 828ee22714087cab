import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../../core/errors.ts';
import { defineNode, type Node } from '../../graph/node.ts';
import type { Artifact } from '../../graph/stage.ts';
import type { OwnPackage } from '../../recipe/own-package/load.ts';
import { readOwnSources, type OwnFile, type OwnSources } from '../../recipe/own-package/sources.ts';
import type { Manifest } from '../../report/manifest.ts';
import { ownCompileStage } from '../../stages/own-package/compile.ts';
import { ownPackageStage } from '../../stages/own-package/pack.ts';
import {
  ownPackageVersion,
  type OwnFormat,
  type OwnPackageFile,
  type OwnPackageOptions,
} from '../../stages/own-package/options.ts';
import type { BuildPorts } from '../../stages/ports.ts';
import { epochOf, ownFormat } from './families.ts';
import type { LockedRecipe } from './plan.ts';
import type { Session } from './session.ts';

/** A package of ours in a plan: the node that packs it, and what it packs. */
export interface OwnNode {
  readonly options: OwnPackageOptions;
  readonly node: Node<BuildPorts>;
}

/** A toolbox with a compiler, and the SOURCE_DATE_EPOCH of its lock. */
export interface Compiler {
  readonly node: Node<BuildPorts>;
  readonly epoch: number;
}

/** A package of ours as manifests list it. */
export type OwnEntry = NonNullable<Manifest['own']>[number];

/** The nodes of a recipe's own packages. `compilerOf` is asked for those that have something to compile. */
export async function ownNodes(
  session: Session,
  locked: LockedRecipe,
  compilerOf: (recipe: string) => Compiler,
): Promise<OwnNode[]> {
  const { recipe, ownPackages } = locked.loaded;
  if (!('compiler-toolbox' in recipe) || ownPackages.length === 0) return [];
  const described = await describeOwn(session, locked);
  return await Promise.all(
    described.map(async ({ own, entry, format, sources }): Promise<OwnNode> => {
      const { name, description, build, links } = own.definition;
      const compiled =
        build === undefined
          ? undefined
          : defineNode(ownCompileStage, {
              recipe: recipe.name,
              title: `Compile ${name}`,
              options: { sources: await keepAll(session, sources.compile), outputs: build.outputs },
              // Its own epoch and nothing of the recipe: every recipe takes the same compiled program.
              ...toolboxOf(compilerOf(recipe['compiler-toolbox'])),
            });
      const files = await Promise.all(sources.files.map((file) => keepFile(session, file)));
      const options: OwnPackageOptions = { ...entry, ...format, description, links, files };
      const node = defineNode(ownPackageStage, {
        recipe: recipe.name,
        title: `Pack ${name}`,
        options,
        inputs: compiled === undefined ? {} : { compiled },
        epoch: epochOf(locked),
      });
      return { options, node };
    }),
  );
}

interface Described {
  readonly own: OwnPackage;
  readonly entry: OwnEntry;
  readonly format: OwnFormat;
  readonly sources: OwnSources;
}

/** Our packages in a recipe as they would be made now, with the bytes of their sources. */
export async function describeOwn(session: Session, locked: LockedRecipe): Promise<Described[]> {
  const { ownPackages } = locked.loaded;
  if (ownPackages.length === 0) return [];
  const { root, recipes } = session.context;
  const project = await projectVersion(root);
  return await Promise.all(
    ownPackages.map(async (own) => {
      const sources = await readOwnSources(recipes.packages, own);
      const format = ownFormat(locked, own);
      const { name } = own.definition;
      const { architecture } = format;
      const version = ownPackageVersion(format.format, project, epochOf(locked), sources.digest);
      return { own, sources, format, entry: { name, version, architecture, source: sources.digest } };
    }),
  );
}

/** Our packages in a recipe as a manifest lists them; undefined when there are none. */
export async function ownEntries(session: Session, locked: LockedRecipe): Promise<Manifest['own']> {
  const described = await describeOwn(session, locked);
  return described.length === 0 ? undefined : described.map(({ entry }) => entry);
}

const packed = z.object({
  name: z.string(),
  version: z.string(),
  architecture: z.string(),
  source: z.string(),
});

/** The same, from the nodes of a plan. */
export function ownEntriesIn(nodes: readonly Node<BuildPorts>[], recipe: string): Manifest['own'] {
  const entries = nodes
    .filter((node) => node.recipe === recipe && node.definition.stage === ownPackageStage.name)
    .map(({ definition }) => packed.parse(definition.options) as OwnEntry);
  return entries.length === 0 ? undefined : entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function toolboxOf({ node, epoch }: Compiler): { toolbox: Node<BuildPorts>; epoch: number } {
  return { toolbox: node, epoch };
}

async function keepAll(
  { ports }: Session,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<Record<string, Artifact>> {
  const kept: Record<string, Artifact> = {};
  for (const [name, bytes] of files) kept[name] = await ports.keepBytes(bytes);
  return kept;
}

async function keepFile({ ports }: Session, { target, mode, content }: OwnFile): Promise<OwnPackageFile> {
  return { target, mode, content: 'output' in content ? content : await ports.keepBytes(content.bytes) };
}

/** Of package.json; a package of ours begins its version with it. */
async function projectVersion(root: string): Promise<string> {
  const where = join(root, 'package.json');
  const parsed = z
    .looseObject({ version: z.string().regex(/^[0-9][0-9A-Za-z.~]*$/) })
    .safeParse(JSON.parse(await readFile(where, 'utf8')));
  if (parsed.success) return parsed.data.version;
  throw new AppError({
    kind: 'recipe',
    code: 'own-package.version',
    what: 'the project has no version that a package could bear',
    where,
    expected: '"version": "1.2.3"',
  });
}

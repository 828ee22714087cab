import type { SourcePin } from '../../resolve/apt-simulation.ts';
import type { WantedFile } from '../../fetch/files.ts';
import type { Node } from '../../graph/node.ts';
import type { AnyLock } from '../../lock/schema.ts';
import type { BuildableRecipe } from '../../recipe/schema.ts';
import type { Artifact, Outputs } from '../../graph/stage.ts';
import type { OwnPackageDefinition } from '../../recipe/own-package/definition.ts';
import type { OwnPackageName } from '../../stages/own-package/inputs.ts';
import type { OwnFormat } from '../../stages/own-package/options.ts';
import type { OverlaySource } from '../../stages/debian/rootfs.ts';
import type { BuildPorts } from '../../stages/ports.ts';
import type { Sha256 } from '../../../core/digest.ts';
import { AppError } from '../../../core/errors.ts';
import type { LoadedRecipe } from '../../recipe/load.ts';
import type { Manifest } from '../../report/manifest.ts';
import type { OwnNode } from './own-packages.ts';
import type { LockProof } from './prove.ts';
import type { Session } from './session.ts';

export type FamilyName = BuildableRecipe['family'];
export type RecipeOfFamily<F extends FamilyName> = Extract<BuildableRecipe, { readonly family: F }>;
export type LockOfFamily<F extends FamilyName> = Extract<AnyLock, { readonly family: F }>;

/** A recipe with the lock it is built from. */
export interface Locked<F extends FamilyName> {
  readonly loaded: LoadedRecipe<RecipeOfFamily<F>>;
  readonly lock: LockOfFamily<F>;
}

/** What a solver works with besides the recipe. */
export interface Solver {
  /** Builds the recipe's toolbox, where there is one, and gives its outputs. */
  readonly toolbox: () => Promise<Outputs>;
  readonly pins: readonly SourcePin[];
}

/** Everything in which families of distributions differ, seen from the engine. */
export interface Family<F extends FamilyName> {
  /** Resolves a recipe anew and verifies what was chosen. */
  resolve(
    session: Session,
    loaded: LoadedRecipe<RecipeOfFamily<F>>,
    previous: LockOfFamily<F> | undefined,
    solver: Solver,
  ): Promise<{ readonly lock: LockOfFamily<F>; readonly warnings: readonly string[] }>;
  /** SOURCE_DATE_EPOCH of a lock, in seconds since 1970. */
  epochOf(lock: LockOfFamily<F>): number;
  /** What has to be in the store before the nodes of a lock can run. */
  wantedFiles(locked: Locked<F>): WantedFile[];
  /** Proves a lock again: signatures, metadata, packages. Fetches what is missing unless `offline`. */
  prove(session: Session, locked: Locked<F>, offline: boolean): Promise<LockProof>;
  /** The states of repositories that a lock was made from, as a manifest lists them. */
  originsOf(lock: LockOfFamily<F>): Manifest['origins'];
  /** Metadata that stays in the store as long as the lock is there. */
  metadataOf(lock: LockOfFamily<F>): readonly Sha256[];
  /** What a package of ours says in this family's words; undefined when its description has no part for it. */
  ownFormat(definition: OwnPackageDefinition): OwnFormat | undefined;
  /** The node that makes the root file system as a tar. */
  rootfsNode(locked: Locked<F>, parts: RootfsParts): Node<BuildPorts>;
}

/** What a root file system is made of and with, besides the locked packages. */
export interface RootfsParts {
  /** Files of the recipe. */
  readonly files: readonly OverlaySource[];
  /** Packages of ours. */
  readonly own: readonly OwnNode[];
  readonly toolbox: Node<BuildPorts>;
}

/** The overlay files of a recipe, in the store. */
export function keepOverlays(
  { ports }: Session,
  { overlays }: LoadedRecipe<BuildableRecipe>,
): Promise<OverlaySource[]> {
  return Promise.all(
    overlays.map(async ({ bytes, target, mode, owner, group }): Promise<OverlaySource> => {
      const content: Artifact = await ports.keepBytes(bytes);
      return { content, target, mode, owner, group };
    }),
  );
}

/** Our packages in the options of a root file system; nothing where there are none. */
export function ownOptions(own: readonly OwnNode[]): { readonly own?: readonly OwnPackageName[] } {
  const names = own.map(({ options: { name, version, architecture } }) => ({ name, version, architecture }));
  return names.length === 0 ? {} : { own: names };
}

/** The same as inputs, each of its own name. */
export function ownInputs(own: readonly OwnNode[]): Record<string, Node<BuildPorts>> {
  return Object.fromEntries(own.map(({ options, node }) => [options.name, node]));
}

/** The failure of a lock that names a repository which the recipe does not. */
export function unknownOrigin(recipe: string, pkg: string, got: string): AppError {
  return new AppError({
    kind: 'verification',
    code: 'lock.origin',
    what: 'the lock takes a package from a repository that it or the recipe does not know',
    where: `${recipe}: ${pkg}`,
    expected: 'a repository and suite of the recipe',
    got,
    next: `qubeforge lock ${recipe} --update`,
  });
}

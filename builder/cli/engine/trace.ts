import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { AppError } from '../../../core/errors.ts';
import { formatBytes } from '../../../core/bytes.ts';
import { locateIn, originOf, DPKG_FILES, infoPackage, type Origin } from '../../report/origin.ts';
import { Captured, readTree, type Tree, type TreeEntry } from '../../report/tree.ts';
import { openPackages, type PackageRef } from '../../stages/debian/packages.ts';
import type { ManifestOutput } from '../../report/manifest.ts';
import type { TraceRequest } from '../commands/trace.ts';
import type { Context } from '../command.ts';
import { lockRecipes } from './build.ts';
import { chainOf, chainText, type PackageChain } from './chains.ts';
import { brokenFiles, openImage, type Image } from './images.ts';
import { debian } from './debian.ts';
import type { Locked } from './family.ts';
import { ownChain, ownChainText, type OwnChain } from './own-chain.ts';
import type { LockedRecipe } from './plan.ts';
import { openSession, type Session } from './session.ts';
import { holdsTree, treeInFile } from './snapshots.ts';

/** A file and all that vouches for it. */
interface Traced {
  readonly path: string;
  readonly entry: TreeEntry;
  readonly image: ManifestOutput;
  readonly origin: Origin | { readonly kind: 'overlay'; readonly source: string };
  readonly packages: readonly (PackageChain & { readonly shipped: Shipped })[];
  /** Packages that this project built. */
  readonly own: readonly (OwnChain & { readonly shipped: Shipped })[];
}

/** How a file compares with what its package ships: directories are not compared. */
type Shipped = 'same' | 'changed' | 'directory';

/** Walks from a file in an image to its package, the signed index that lists it, and the key that signed. */
export async function trace(context: Context, request: TraceRequest): Promise<void> {
  await using session = await openSession(context, { jobs: availableParallelism(), offline: false });
  const image = await openImage(context, request.image);
  const output = image.outputs.find(({ file }) => holdsTree(file));
  if (output === undefined) throw noTree(request.image, image);
  const [broken] = await brokenFiles({ ...image, outputs: [output] });
  if (broken !== undefined) throw changedImage(broken.where, broken.expected, broken.got);
  const { locked, recipes } = await lockOf(session, image);
  const captured = Captured.matching(DPKG_FILES);
  const path = join(dirname(image.manifestPath), output.file);
  const tree = await treeInFile(session, { path, toolbox: toolboxOf(locked) }, captured);
  const traced = await traceIn(session, { locked, recipes, image: output }, request.path, tree, captured);
  context.sink({ type: 'result', name: 'trace', value: traced, text: tracedText(traced) });
}

async function lockOf(
  session: Session,
  { manifest }: Image,
): Promise<Pick<TraceSubject, 'locked' | 'recipes'>> {
  const { name } = manifest.recipe;
  const recipes = await lockRecipes(session, [name], () => 'fail');
  const locked = recipes.get(name);
  if (locked === undefined) throw noTree(name, undefined);
  const { loaded, lock } = locked;
  const { recipe } = loaded;
  if (recipe.family !== 'debian' || lock.family !== 'debian') throw otherDatabase(name);
  return { locked: { loaded: { ...loaded, recipe }, lock }, recipes };
}

/** What a path is looked for in, and the recipes that it was built with. */
interface TraceSubject {
  readonly locked: Locked<'debian'>;
  readonly recipes: ReadonlyMap<string, LockedRecipe>;
  readonly image: ManifestOutput;
}

function toolboxOf({ loaded: { recipe } }: Locked<'debian'>): string {
  return recipe.kind === 'toolbox' ? recipe.name : recipe.toolbox;
}

async function traceIn(
  session: Session,
  { locked, recipes, image }: TraceSubject,
  wanted: string,
  tree: Tree,
  captured: Captured,
): Promise<Traced> {
  const path = locateIn(tree, wanted);
  const entry = path === undefined ? undefined : tree.get(path);
  if (path === undefined || entry === undefined) throw noSuchPath(image.file, wanted);
  const found = { path, entry, image };
  const overlay = locked.loaded.overlays.find(({ target }) => locateIn(tree, target) === path);
  if (overlay !== undefined) {
    return { ...found, origin: { kind: 'overlay', source: overlay.source }, packages: [], own: [] };
  }
  const origin = originOf(path, tree, captured.files);
  const names = origin.kind === 'package' ? origin.names : origin.kind === 'control' ? [origin.name] : [];
  const shippedBy = (ref: PackageRef): Promise<Shipped> | 'same' =>
    origin.kind === 'package' ? shippedAs(session, ref, origin.shippedAs, entry) : 'same';
  const packages = [];
  const own = [];
  for (const name of names) {
    const ours = await ownChain(session, locked, recipes, infoPackage(name), `/${path}`);
    if (ours !== undefined) {
      own.push({ ...ours, shipped: await shippedBy(ours.ref) });
      continue;
    }
    const chain = await chainOf(session, locked, name);
    const files = debian.wantedFiles(locked).filter(({ sha256 }) => sha256 === chain.locked.sha256);
    await (await session.fetcher()).fetchFiles(files);
    packages.push({ ...chain, shipped: await shippedBy(chain.locked) });
  }
  return { ...found, origin, packages, own };
}

/** Compares a file with the one in the .deb. */
async function shippedAs(
  session: Session,
  pkg: PackageRef,
  path: string,
  entry: TreeEntry,
): Promise<Shipped> {
  if (entry.type === 'directory') return 'directory';
  const { context, ports } = session;
  const report = { id: 'trace', sink: () => undefined, signal: context.signal };
  const [stored] = await openPackages(ports, [pkg], report);
  if (stored === undefined) return 'changed';
  const data = await readTree(session.store.stream(stored.data, pkg.name), pkg.name);
  const shipped = data.get(path) ?? data.get(path.replace(/^usr\//, ''));
  const isSame =
    shipped?.type === entry.type && shipped.digest === entry.digest && shipped.link === entry.link;
  return isSame ? 'same' : 'changed';
}

const SHIPPED: Readonly<Record<Shipped, string>> = {
  same: 'has the bytes that the package ships',
  changed: 'was changed after unpacking, by scripts of packages or settings of the recipe',
  directory: 'is a directory of the package',
};

function tracedText(traced: Traced): string {
  const { path, entry, image, packages, own, origin } = traced;
  const compared = (shipped: Shipped): string[] =>
    origin.kind === 'package' ? [`             the file ${SHIPPED[shipped]}`] : [];
  const what =
    entry.digest === undefined ? entry.type : `${formatBytes(entry.size)}, SHA-256 ${entry.digest}`;
  const link =
    entry.type === 'symlink' ? ` to ${entry.link ?? ''}; trace that path for the file it means` : '';
  return [
    `/${path}`,
    `  file       ${what}${link}`,
    `  image      ${image.file}, SHA-256 ${image.sha256}, as its manifest says`,
    ...originLines(traced),
    ...packages.flatMap((chain) => [
      `  package    ${chain.locked.name} ${chain.locked.version} (${chain.locked.architecture})`,
      ...compared(chain.shipped),
      ...chainText(chain),
    ]),
    ...own.flatMap((chain) => [
      `  package    ${chain.ref.name} ${chain.ref.version} (${chain.ref.architecture})`,
      ...compared(chain.shipped),
      ...ownChainText(chain),
    ]),
  ].join('\n');
}

function originLines({ origin, path }: Traced): string[] {
  switch (origin.kind) {
    case 'overlay':
      return [
        `  made by    the recipe, which lays ${origin.source} over the packages;`,
        '             the digest of the recipe in its lock covers these bytes',
      ];
    case 'control':
      return [`  made by    dpkg, from the control archive of ${infoPackage(origin.name)}`];
    case 'made':
      return [
        `  made by    ${origin.by}`,
        '             no package ships it, so no signature covers it; the stages of the manifest make it again',
        ...(origin.scripts.length === 0
          ? []
          : [`             scripts that name it: ${origin.scripts.join(', ')}`]),
      ];
    case 'package':
      return [
        ...(origin.isConffile ? ['  conffile   configuration: upgrades keep local changes'] : []),
        ...(origin.shippedAs === path
          ? []
          : [`  diverted   shipped as /${origin.shippedAs}, moved by ${origin.divertedBy ?? 'nobody'}`]),
      ];
  }
}

function otherDatabase(recipe: string): AppError {
  return new AppError({
    kind: 'usage',
    code: 'trace.family',
    what: 'files can be traced through the package database of dpkg only, not yet through that of rpm',
    where: recipe,
    expected: 'an image of a recipe of the family debian',
    got: 'one of the family fedora',
    next: `prove all its packages: qubeforge verify ${recipe}`,
  });
}

function changedImage(where: string, expected: string, got: string): AppError {
  return new AppError({
    kind: 'verification',
    code: 'image.bytes',
    what: 'the image is not the one that its manifest describes',
    where,
    expected,
    got,
    next: 'build it again: qubeforge build RECIPE',
  });
}

function noTree(name: string, image: Image | undefined): AppError {
  return new AppError({
    kind: 'usage',
    code: 'image.no-tree',
    what: 'this image holds no tree of files that can be read here',
    where: name,
    expected: 'a root image or a tar of a root file system',
    got: image?.outputs.map(({ file }) => file).join(', '),
    next: 'qubeforge build RECIPE --output rootfs-tar',
  });
}

function noSuchPath(image: string, path: string): AppError {
  return new AppError({
    kind: 'usage',
    code: 'trace.path',
    what: 'there is no such file in the image',
    where: image,
    expected: 'a path in the image',
    got: path,
  });
}

import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { AppError } from '../../../core/errors.ts';
import { formatBytes } from '../../../core/bytes.ts';
import type { ManifestOutput } from '../../report/manifest.ts';
import { DPKG_FILES, locateIn } from '../../report/origin.ts';
import { Captured, type Tree } from '../../report/tree.ts';
import type { TraceRequest } from '../commands/trace.ts';
import type { Context } from '../command.ts';
import { lockRecipes } from './build.ts';
import { brokenFiles, openImage, type Image } from './images.ts';
import { isMedium, openMedium } from './medium.ts';
import type { LockedRecipe } from './plan.ts';
import { openSession, type Session } from './session.ts';
import { holdsTree, treeInFile } from './snapshots.ts';
import { traceDebian } from './trace-debian.ts';
import { traceFedora } from './trace-fedora.ts';
import { dom0Tree, mediumFileLines } from './trace-medium.ts';
import type { TracedFile } from './traced.ts';

/** Walks from a file in an image to its package, what lists it or is in its header, and the key that signed. */
export async function trace(context: Context, request: TraceRequest): Promise<void> {
  await using session = await openSession(context, { jobs: availableParallelism(), offline: false });
  const image = await openImage(context, request.image);
  const output = image.outputs.find(({ file }) => holdsTree(file) || isMedium(file));
  if (output === undefined) throw noTree(request.image, image);
  const [broken] = await brokenFiles({ ...image, outputs: [output] });
  if (broken !== undefined) throw changedImage(broken.where, broken.expected, broken.got);
  const path = join(dirname(image.manifestPath), output.file);
  if (isMedium(output.file)) {
    const medium = await openMedium(path);
    const lines = mediumFileLines(medium, output, request.path);
    if (lines !== undefined) {
      context.sink({
        type: 'result',
        name: 'trace',
        value: { image: output, medium },
        text: lines.join('\n'),
      });
      return;
    }
  }
  const { name } = image.manifest.recipe;
  const recipes = await lockRecipes(session, [name], () => 'fail');
  const locked = recipes.get(name);
  if (locked === undefined) throw noTree(name, undefined);
  const captured = Captured.matching(DPKG_FILES);
  const opened = isMedium(output.file)
    ? await dom0Tree(session, image, recipes, captured)
    : { tree: await treeInFile(session, { path, toolbox: toolboxOf(locked) }, captured), rootfs: undefined };
  const file = fileIn(opened.tree, opened.rootfs ?? output, request.path);
  const { value, lines } = await traceFile(session, { locked, recipes }, file, opened.tree, captured);
  const by =
    opened.rootfs === undefined ? 'as its manifest says' : 'of which the stage live-root made the medium';
  const text = [...fileLines(file, by), ...lines].join('\n');
  context.sink({ type: 'result', name: 'trace', value: { ...file, ...value }, text });
}

function fileIn(tree: Tree, image: ManifestOutput, wanted: string): TracedFile {
  const path = locateIn(tree, wanted);
  const entry = path === undefined ? undefined : tree.get(path);
  if (path === undefined || entry === undefined) throw noSuchPath(image.file, wanted);
  return { path, entry, image };
}

/** What an image was built from. */
interface Subject {
  readonly locked: LockedRecipe;
  readonly recipes: ReadonlyMap<string, LockedRecipe>;
}

function toolboxOf({ loaded: { recipe } }: LockedRecipe): string {
  return recipe.kind === 'toolbox' ? recipe.name : recipe.toolbox;
}

async function traceFile(
  session: Session,
  { locked, recipes }: Subject,
  file: TracedFile,
  tree: Tree,
  captured: Captured,
): Promise<{ readonly value: object; readonly lines: string[] }> {
  const { loaded, lock } = locked;
  const overlay = loaded.overlays.find(({ target }) => locateIn(tree, target) === file.path);
  if (overlay !== undefined) {
    const { source } = overlay;
    return {
      value: { origin: { kind: 'overlay', source }, packages: [], own: [] },
      lines: overlayLines(source),
    };
  }
  const { recipe } = loaded;
  if (recipe.family === 'debian' && lock.family === 'debian') {
    const subject = { locked: { loaded: { ...loaded, recipe }, lock }, recipes };
    return await traceDebian(session, subject, file, tree, captured);
  }
  if (recipe.family === 'fedora' && lock.family === 'fedora') {
    const subject = { locked: { loaded: { ...loaded, recipe }, lock }, recipes };
    return await traceFedora(session, subject, file, tree);
  }
  throw noTree(recipe.name, undefined);
}

function fileLines({ path, entry, image }: TracedFile, by: string): string[] {
  const what =
    entry.digest === undefined ? entry.type : `${formatBytes(entry.size)}, SHA-256 ${entry.digest}`;
  const link =
    entry.type === 'symlink' ? ` to ${entry.link ?? ''}; trace that path for the file it means` : '';
  return [
    `/${path}`,
    `  file       ${what}${link}`,
    `  image      ${image.file}, SHA-256 ${image.sha256}, ${by}`,
  ];
}

function overlayLines(source: string): string[] {
  return [
    `  made by    the recipe, which lays ${source} over the packages;`,
    '             the digest of the recipe in its lock covers these bytes',
  ];
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
    expected: 'a root image, a tar of a root file system, or a medium',
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

import { availableParallelism } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { AppError } from '../../../core/errors.ts';
import { readIfPresent, writeFileAtomic } from '../../../edge/files.ts';
import { diffLocks } from '../../lock/diff.ts';
import { parseLock } from '../../lock/lock-file.ts';
import type { AnyLock } from '../../lock/schema.ts';
import { loadBuildable } from '../../recipe/load.ts';
import { lockSections, manifestSections, treeSections } from '../../report/image-diff.ts';
import { mediumSections } from '../../report/medium.ts';
import { sectionsPage, sectionsText, type Section } from '../../report/sections.ts';
import type { Tree } from '../../report/tree.ts';
import type { DiffRequest } from '../commands/diff.ts';
import type { Context } from '../command.ts';
import { openImage, type Image } from './images.ts';
import { isMedium, openMedium } from './medium.ts';
import { openSession, type Session } from './session.ts';
import { holdsTree, treeInFile } from './snapshots.ts';

const LOCK_ENDING = '.lock.json';
/** Rows of each section on a terminal; a page and --json have all. */
const ROWS = 60;
const DEFAULT_TOOLBOX = 'toolbox';

/** Compares two locks, or two images: their manifests, and the trees in them or what is on them. */
export async function diff(context: Context, { before, after, html }: DiffRequest): Promise<void> {
  const areLocks = [before, after].map((name) => name.endsWith(LOCK_ENDING));
  if (areLocks[0] !== areLocks[1]) throw unlike(before, after);
  const sections = await (areLocks[0] === true
    ? compareLocks(context, before, after)
    : compareImages(context, before, after));
  if (html !== undefined)
    await writeFileAtomic(html, sectionsPage(`${basename(before)} and ${basename(after)}`, sections));
  const value = sections.filter(({ rows }) => rows.length > 0);
  context.sink({ type: 'result', name: 'diff', value, text: sectionsText(sections, ROWS) });
}

async function compareLocks(context: Context, before: string, after: string): Promise<Section[]> {
  const read = async (name: string): Promise<AnyLock> => {
    const path = resolve(context.cwd, name);
    const bytes = await readIfPresent(path);
    if (bytes === undefined) throw missing(name);
    return parseLock(bytes.toString('utf8'), path);
  };
  return lockSections(diffLocks(await read(before), await read(after)));
}

async function compareImages(context: Context, before: string, after: string): Promise<Section[]> {
  await using session = await openSession(context, { jobs: availableParallelism(), offline: false });
  const [old, now] = [await imageOrFile(context, before), await imageOrFile(context, after)];
  const sections =
    old.image === undefined || now.image === undefined
      ? []
      : manifestSections(old.image.manifest, now.image.manifest);
  if (old.medium !== undefined && now.medium !== undefined) {
    const media = [await openMedium(old.medium), await openMedium(now.medium)] as const;
    return [...sections, ...mediumSections(media[0].content, media[1].content)];
  }
  if (old.tree === undefined || now.tree === undefined) return sections;
  const trees = [await read(session, old), await read(session, now)] as const;
  return [...sections, ...treeSections(...trees)];
}

interface Side {
  /** Absent for a file that no manifest lists: then only what is in it is compared. */
  readonly image: Image | undefined;
  /** Absolute path of a file with a tree in it. */
  readonly tree: string | undefined;
  /** Absolute path of a medium. */
  readonly medium: string | undefined;
}

async function imageOrFile(context: Context, name: string): Promise<Side> {
  const path = resolve(context.cwd, name);
  try {
    const image = await openImage(context, name);
    const find = (wanted: (file: string) => boolean): string | undefined => {
      const output = image.outputs.find(({ file }) => wanted(file));
      return output === undefined ? undefined : join(dirname(image.manifestPath), output.file);
    };
    return { image, tree: find(holdsTree), medium: find(isMedium) };
  } catch (error) {
    const isBare = error instanceof AppError && error.code === 'image.no-manifest';
    if (!isBare || !(holdsTree(name) || isMedium(name))) throw error;
    const [tree, medium] = isMedium(name) ? [undefined, path] : [path, undefined];
    return { image: undefined, tree, medium };
  }
}

async function read(session: Session, { image, tree }: Side): Promise<Tree> {
  const toolbox = image === undefined ? DEFAULT_TOOLBOX : await toolboxOf(session, image);
  return await treeInFile(session, { path: tree ?? '', toolbox });
}

async function toolboxOf(session: Session, { manifest }: Image): Promise<string> {
  const { recipe } = await loadBuildable(session.context.recipes, manifest.recipe.name);
  return recipe.kind === 'toolbox' ? recipe.name : recipe.toolbox;
}

function missing(name: string): AppError {
  return new AppError({
    kind: 'usage',
    code: 'diff.missing',
    what: 'there is no such lock',
    where: name,
    got: 'no such file',
  });
}

function unlike(before: string, after: string): AppError {
  return new AppError({
    kind: 'usage',
    code: 'diff.unlike',
    what: 'a lock and an image cannot be compared',
    expected: 'two locks (*.lock.json) or two images',
    got: `${before} and ${after}`,
  });
}

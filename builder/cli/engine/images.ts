import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { AppError } from '../../../core/errors.ts';
import { hashFile, ignoreMissing, listDirectory, readIfPresent } from '../../../edge/files.ts';
import { parseManifest, type Manifest, type ManifestOutput } from '../../report/manifest.ts';
import type { Context } from '../command.ts';
import { MANIFEST_ENDING } from './manifests.ts';
import type { Broken } from './prove.ts';

/** A built file, or all that a manifest lists, with the manifest. */
export interface Image {
  /** Absolute path of what the user named. */
  readonly path: string;
  readonly manifest: Manifest;
  readonly manifestPath: string;
  /** The outputs that were meant: one, or all of the manifest. */
  readonly outputs: readonly ManifestOutput[];
}

/**
 * The image at a path, by the manifest beside it. Throws `image.missing` (kind `usage`) when there is no file,
 * `image.no-manifest` (kind `verification`) when no manifest lists it.
 */
export async function openImage({ cwd }: Context, name: string): Promise<Image> {
  const path = resolve(cwd, name);
  if ((await stat(path).catch(ignoreMissing)) === undefined) throw noFile(name);
  if (path.endsWith(MANIFEST_ENDING)) {
    const manifest = await readManifest(path);
    return { path, manifest, manifestPath: path, outputs: manifest.outputs };
  }
  const directory = dirname(path);
  const names = (await listDirectory(directory)).filter((file) => file.endsWith(MANIFEST_ENDING));
  const listing: Image[] = [];
  for (const file of names) {
    const manifestPath = join(directory, file);
    const manifest = await readManifest(manifestPath);
    const outputs = manifest.outputs.filter((output) => output.file === basename(path));
    if (outputs.length > 0) listing.push({ path, manifest, manifestPath, outputs });
  }
  return (await thatOf(path, listing)) ?? noManifest(name);
}

/** Where two manifests list the same file name, the one that tells of these bytes. */
async function thatOf(path: string, listing: readonly Image[]): Promise<Image | undefined> {
  if (listing.length < 2) return listing[0];
  const got = await hashFile(path);
  return listing.find(({ outputs }) => outputs.some(({ sha256 }) => sha256 === got?.sha256)) ?? listing[0];
}

async function readManifest(path: string): Promise<Manifest> {
  return parseManifest((await readIfPresent(path))?.toString('utf8') ?? '', path);
}

/** Compares the files of an image with its manifest. */
export async function brokenFiles({ manifestPath, outputs }: Image): Promise<Broken[]> {
  const broken: Broken[] = [];
  for (const { file, size, sha256 } of outputs) {
    const path = join(dirname(manifestPath), file);
    const got = await hashFile(path);
    if (got?.sha256 === sha256 && got.size === size) continue;
    broken.push({
      link: 'image',
      where: path,
      expected: `${size} bytes, SHA-256 ${sha256}`,
      got: got === undefined ? 'no such file' : `${got.size} bytes, SHA-256 ${got.sha256}`,
      code: 'image.bytes',
    });
  }
  return broken;
}

function noFile(name: string): AppError {
  return new AppError({
    kind: 'usage',
    code: 'image.missing',
    what: 'there is no such image',
    where: name,
    expected: 'a file that `qubeforge build` wrote to out/, or its manifest',
    got: 'no such file',
    next: 'qubeforge build RECIPE',
  });
}

function noManifest(name: string): never {
  throw new AppError({
    kind: 'verification',
    code: 'image.no-manifest',
    what: 'nothing says what this file was made from',
    where: name,
    expected: `a file *${MANIFEST_ENDING} beside it that lists it`,
    got: 'none',
    next: 'keep images together with their manifests, or build the image again: qubeforge build RECIPE',
  });
}

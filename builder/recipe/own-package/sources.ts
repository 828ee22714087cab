import { digestOf, sha256, type Sha256 } from '../../../core/digest.ts';
import { placeOf, type Finding } from '../tree.ts';
import type { OwnPackageFile } from './definition.ts';
import { invalid, type OwnPackage, type OwnPackageSource } from './load.ts';

/** A file of a package: its bytes, or the name of the program that is compiled. */
export interface OwnFile {
  readonly target: string;
  readonly mode: OwnPackageFile['mode'];
  /** Where the bytes come from, for people. */
  readonly from: string;
  readonly content: { readonly bytes: Uint8Array } | { readonly output: string };
}

/** All bytes that a package is made from. */
export interface OwnSources {
  readonly files: readonly OwnFile[];
  /** Makefile and C sources by name; empty for a package that compiles nothing. */
  readonly compile: ReadonlyMap<string, Uint8Array>;
  /** Digest of the description and all sources: the same sources, the same digest. */
  readonly digest: Sha256;
}

/** What a compiler reads; whatever else lies there, an object file for example, is no source. */
const COMPILED = /^(Makefile|[^.].*\.[ch])$/;

/**
 * Reads the sources of a package. Throws `own-package.invalid` (kind `recipe`) for each one that is not there or
 * that leads out of its directory.
 */
export async function readOwnSources(source: OwnPackageSource, own: OwnPackage): Promise<OwnSources> {
  const { definition } = own;
  const findings: Finding[] = [];
  const files: OwnFile[] = [];
  for (const [index, file] of definition.files.entries()) {
    const found = await readFile(source, own, file);
    if (typeof found !== 'string') files.push(found);
    else findings.push({ place: placeOf(own.tree, ['files', index]), message: found });
  }
  const compile = await compiledSources(source, own);
  if (compile === undefined) {
    const place = placeOf(own.tree, ['build', 'directory']);
    findings.push({ place, message: `there is no Makefile in ${definition.build?.directory ?? ''}` });
  }
  if (findings.length > 0 || compile === undefined) throw invalid(own.file, findings);
  const digest = digestOf({
    definition,
    files: files.flatMap(({ target, content }) =>
      'bytes' in content ? [{ target, sha256: sha256(content.bytes) }] : [],
    ),
    compile: [...compile].map(([name, bytes]) => ({ name, sha256: sha256(bytes) })),
  });
  return { files, compile, digest };
}

async function readFile(
  source: OwnPackageSource,
  own: OwnPackage,
  file: OwnPackageFile,
): Promise<OwnFile | string> {
  const { target, mode } = file;
  if (file.output !== undefined) {
    const from = `${own.definition.build?.directory ?? ''}: ${file.output}`;
    return { target, mode, from, content: { output: file.output } };
  }
  if (file.bundle !== undefined) {
    const bytes = await source.bundle(file.bundle);
    if (bytes === undefined) return `${file.bundle} has not been bundled: npm run bundle`;
    return { target, mode, from: `bundle ${file.bundle}`, content: { bytes } };
  }
  const path = file.source ?? '';
  const bytes = await source.read(own.file, path);
  if (bytes === undefined) return `there is no file ${path} below the directory of the package`;
  return { target, mode, from: path, content: { bytes } };
}

/** Undefined when there is no Makefile to compile with. */
async function compiledSources(
  source: OwnPackageSource,
  { definition: { build }, file }: OwnPackage,
): Promise<Map<string, Uint8Array> | undefined> {
  const found = new Map<string, Uint8Array>();
  if (build === undefined) return found;
  const names = (await source.list(file, build.directory)) ?? [];
  for (const name of names.filter((one) => COMPILED.test(one))) {
    const bytes = await source.read(file, `${build.directory}/${name}`);
    if (bytes !== undefined) found.set(name, bytes);
  }
  return found.has('Makefile') ? found : undefined;
}

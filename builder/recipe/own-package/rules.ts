import { placeOf, type Finding, type Tree } from '../tree.ts';
import type { OwnPackageDefinition, OwnPackageFile } from './definition.ts';

/** What the schema cannot say: each file has one origin that exists, and no path stands twice. */
export function ownPackageRules(definition: OwnPackageDefinition, tree: Tree): Finding[] {
  return [
    ...familyFindings(definition, tree),
    ...definition.files.flatMap((file, index) =>
      originFindings(definition, file).map((message) => ({
        place: placeOf(tree, ['files', index]),
        message,
      })),
    ),
    ...unusedFindings(definition, tree),
    ...pathFindings(definition, tree),
  ];
}

function familyFindings({ debian, fedora }: OwnPackageDefinition, tree: Tree): Finding[] {
  if (debian !== undefined || fedora !== undefined) return [];
  return [{ place: tree.place, message: 'there is neither debian nor fedora: nothing to make it for' }];
}

function originFindings({ build, bundle }: OwnPackageDefinition, file: OwnPackageFile): string[] {
  const origins = [file.source, file.output, file.bundle].filter((origin) => origin !== undefined);
  if (origins.length !== 1) return ['a file has one of source, output and bundle'];
  if (file.output !== undefined && build?.outputs.includes(file.output) !== true)
    return [`${file.output} is no output of build`];
  if (file.bundle !== undefined && file.bundle !== bundle) return [`bundle does not name ${file.bundle}`];
  return [];
}

/** What is made and then not taken is a slip of the pen. */
function unusedFindings({ build, bundle, files }: OwnPackageDefinition, tree: Tree): Finding[] {
  const outputs = (build?.outputs ?? []).flatMap((output, index) =>
    files.some((file) => file.output === output)
      ? []
      : [{ place: placeOf(tree, ['build', 'outputs', index]), message: `no file takes ${output}` }],
  );
  const isUsed = bundle === undefined || files.some((file) => file.bundle === bundle);
  return isUsed
    ? outputs
    : [...outputs, { place: placeOf(tree, ['bundle']), message: `no file takes ${bundle}` }];
}

function pathFindings({ files, links, fedora }: OwnPackageDefinition, tree: Tree): Finding[] {
  const leaves = [
    ...files.map(({ target }, index) => ({ path: target, at: ['files', index, 'target'] })),
    ...links.map(({ path }, index) => ({ path, at: ['links', index, 'path'] })),
  ];
  const directories = (fedora?.directories ?? []).map((path, index) => {
    return { path, at: ['fedora', 'directories', index] };
  });
  const paths = [...leaves, ...directories];
  const known = new Set(leaves.map(({ path }) => path));
  const seen = new Set<string>();
  return paths.flatMap(({ path, at }): Finding[] => {
    const place = placeOf(tree, at);
    const above = parentsOf(path).find((parent) => known.has(parent));
    const findings: Finding[] = [];
    if (seen.has(path)) findings.push({ place, message: `${path} stands twice` });
    if (above !== undefined)
      findings.push({ place, message: `${path} lies below ${above}, which is a file` });
    if (!FITS_USTAR.test(path)) findings.push({ place, message: `${path} is too long or not ASCII` });
    seen.add(path);
    return findings;
  });
}

/** What a header of the archive takes in its name field; dpkg reads no extended headers. */
const FITS_USTAR = /^[!-~]{1,97}$/;

function parentsOf(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(2).map((_, index) => parts.slice(0, index + 2).join('/'));
}

import { sha256 } from '../../../core/digest.ts';
import { AppError } from '../../../core/errors.ts';
import type { Outputs } from '../../graph/stage.ts';
import {
  DNF_PROGRAM,
  dnfScript,
  offeredRepomd,
  parseChoices,
  type DnfChoice,
  type DnfRequest,
  type OfferedList,
} from '../../resolve/dnf-script.ts';
import { OWN_REPOSITORY, ownPrimary, type OwnRpmRequest } from '../../resolve/dnf-own.ts';
import type { Extent } from '../../verify/hash-chain.ts';
import type { BuildPorts } from '../ports.ts';

/** An unpacked package list, in the store. */
export interface OpenList extends Extent {
  /** `primary` or `filelists`. */
  readonly type: string;
}

/** The unpacked lists of one repository. */
export interface OpenRepository {
  readonly name: string;
  readonly lists: readonly OpenList[];
}

/** What a recipe asks of dnf. */
export interface WantedRpms extends Omit<DnfRequest, 'repositories'> {
  /** Of the recipe, for errors. */
  readonly name: string;
  /** Packages of ours: dnf brings what they require, and they are not among its choices. */
  readonly own: readonly OwnRpmRequest[];
}

/**
 * Resolves with dnf itself, in the toolbox, over verified lists. Throws `resolve.dnf` (kind `recipe`) with
 * dnf's own words when something cannot be installed.
 */
export async function resolveWithDnf(
  ports: BuildPorts,
  toolbox: Outputs,
  { name: recipe, own, ...wanted }: WantedRpms,
  repositories: readonly OpenRepository[],
  signal: AbortSignal,
): Promise<readonly DnfChoice[]> {
  const ours = ownFiles(own);
  const names = [...repositories.map(({ name }) => name), ...(ours === undefined ? [] : [OWN_REPOSITORY])];
  const install = [...wanted.install, ...own.map(({ name }) => name)];
  const request: DnfRequest = { ...wanted, install, repositories: names };
  const offered = repositories.flatMap(({ name, lists }) =>
    lists.map((list): [string, OfferedList] => [name, { ...list, file: `${list.type}.xml` }]),
  );
  const named = offered.map(([name, list]) => [`${name}--${list.file}`, list] as const);
  await using lists = await ports.linkNamed(Object.fromEntries(named));
  const repomds = repositories.map(({ name }) => {
    const listed = offered.flatMap(([of, list]) => (of === name ? [list] : []));
    return [`${name}.repomd.xml`, offeredRepomd(listed)] as const;
  });
  const { stdout } = await ports
    .sandbox({
      toolbox: await ports.toolboxTree(toolbox),
      script: dnfScript(names),
      files: {
        ...Object.fromEntries(repomds),
        ...ours,
        'request.json': JSON.stringify(request),
        'resolve.py': DNF_PROGRAM,
      },
      inputs: { lists: lists.path },
      signal,
    })
    .catch((error: unknown) => {
      throw dnfRefused(recipe, error);
    });
  return parseChoices(stdout).filter(({ repository }) => repository !== OWN_REPOSITORY);
}

/** The repository of our packages as files of the job; undefined when there are none. */
function ownFiles(own: readonly OwnRpmRequest[]): Record<string, string> | undefined {
  if (own.length === 0) return undefined;
  const [file, text] = ['primary.xml', ownPrimary(own)];
  const bytes = Buffer.from(text);
  const list = { type: 'primary', file, size: bytes.length, sha256: sha256(bytes) };
  return {
    [`${OWN_REPOSITORY}--${file}`]: text,
    [`${OWN_REPOSITORY}.repomd.xml`]: offeredRepomd([list]),
  };
}

function dnfRefused(recipe: string, error: unknown): unknown {
  if (!(error instanceof AppError) || error.got?.startsWith('exit code 100') !== true) return error;
  return new AppError({
    kind: 'recipe',
    code: 'resolve.dnf',
    what: 'dnf cannot install the packages of this recipe',
    where: recipe,
    expected: 'a set of packages whose dependencies can all be met',
    got: error.got,
    next: `mend packages.install of the recipe, then: qubeforge lock ${recipe} --update`,
    cause: error,
  });
}

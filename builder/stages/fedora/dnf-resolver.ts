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

/**
 * Resolves with dnf itself, in the toolbox, over verified lists. Throws `resolve.dnf` (kind `recipe`) with
 * dnf's own words when something cannot be installed.
 */
export async function resolveWithDnf(
  ports: BuildPorts,
  toolbox: Outputs,
  recipe: { readonly name: string } & Omit<DnfRequest, 'repositories'>,
  repositories: readonly OpenRepository[],
  signal: AbortSignal,
): Promise<readonly DnfChoice[]> {
  const names = repositories.map(({ name }) => name);
  const { release, architecture, weak, install } = recipe;
  const request: DnfRequest = { release, architecture, weak, install, repositories: names };
  const offered = repositories.flatMap(({ name, lists }) =>
    lists.map((list): [string, OfferedList] => [name, { ...list, file: `${list.type}.xml` }]),
  );
  const named = offered.map(([name, list]) => [`${name}--${list.file}`, list] as const);
  await using lists = await ports.linkNamed(Object.fromEntries(named));
  const repomds = names.map((name) => {
    const own = offered.flatMap(([of, list]) => (of === name ? [list] : []));
    return [`${name}.repomd.xml`, offeredRepomd(own)] as const;
  });
  const { stdout } = await ports
    .sandbox({
      toolbox: await ports.toolboxTree(toolbox),
      script: dnfScript(names),
      files: {
        ...Object.fromEntries(repomds),
        'request.json': JSON.stringify(request),
        'resolve.py': DNF_PROGRAM,
      },
      inputs: { lists: lists.path },
      signal,
    })
    .catch((error: unknown) => {
      throw dnfRefused(recipe.name, error);
    });
  return parseChoices(stdout);
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

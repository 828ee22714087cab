import type { Sha256 } from '../../core/digest.ts';
import { malformed } from '../formats/malformed.ts';

/** What is asked of dnf. */
export interface DnfRequest {
  readonly release: string;
  readonly architecture: string;
  readonly weak: boolean;
  readonly install: readonly string[];
  /** In order of preference; each has its lists as `/in/lists/NAME--*` or, made for this job, `/job/NAME--*`. */
  readonly repositories: readonly string[];
}

/** A package that dnf chose; the digest is what the repository's metadata says of the file. */
export interface DnfChoice {
  readonly name: string;
  readonly repository: string;
  readonly sha256: string;
}

/**
 * Resolves without installing anything, by the Python interface of dnf 4 (libsolv underneath): all
 * package lists are local files whose digests were checked before; modules are not offered at all.
 */
export const DNF_PROGRAM = `
import json, sys
import dnf
import dnf.conf

request = json.load(open('/job/request.json'))
conf = dnf.conf.Conf()
conf.installroot = '/build/root'
conf.cachedir = '/build/cache'
conf.logdir = '/build/log'
conf.persistdir = '/build/persist'
conf.system_cachedir = '/build/cache'
conf.reposdir = []
conf.pluginpath = []
conf.install_weak_deps = request['weak']
conf.module_platform_id = 'platform:none'
conf.substitutions['releasever'] = request['release']
conf.substitutions['arch'] = request['architecture']
conf.substitutions['basearch'] = request['architecture']
conf.best = True
conf.strict = True
base = dnf.Base(conf)
for priority, name in enumerate(request['repositories']):
    base.repos.add_new_repo(name, conf, baseurl=['file:///build/repositories/' + name], priority=priority + 1)
base.fill_sack(load_system_repo=False)
try:
    for name in request['install']:
        base.install(name)
    base.resolve()
except dnf.exceptions.Error as error:
    print(error, file=sys.stderr)
    sys.exit(100)
chosen = [
    {'name': p.name, 'repository': p.repoid, 'sha256': p.chksum[1].hex()}
    for p in base.transaction.install_set
]
json.dump(chosen, sys.stdout)
`;

/** Gives each repository the few files that dnf wants, then runs the program. */
export function dnfScript(repositories: readonly string[]): string {
  return `
mkdir -p /build/root /build/log
for name in ${repositories.join(' ')}; do
  mkdir -p /build/repositories/$name/repodata
  for file in /in/lists/$name--* /job/$name--*; do
    [ ! -e "$file" ] || cp "$file" "/build/repositories/$name/repodata/\${file#*--}"
  done
  cp /job/$name.repomd.xml /build/repositories/$name/repodata/repomd.xml
done
python3 /job/resolve.py
`;
}

/** One list that a repository offers to dnf. */
export interface OfferedList {
  readonly type: string;
  /** File name below repodata. */
  readonly file: string;
  readonly sha256: Sha256;
  readonly size: number;
}

/** A `repomd.xml` with nothing but these lists: dnf sees no modules, comps or updates. */
export function offeredRepomd(lists: readonly OfferedList[]): string {
  const records = lists.map(
    ({ type, file, sha256, size }) => `  <data type="${type}">
    <checksum type="sha256">${sha256}</checksum>
    <location href="repodata/${file}"/>
    <size>${size}</size>
  </data>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
<repomd xmlns="http://linux.duke.edu/metadata/repo" xmlns:rpm="http://linux.duke.edu/metadata/rpm">
  <revision>1</revision>
${records.join('\n')}
</repomd>
`;
}

/** Reads what the program printed. @throws {AppError} `resolve.dnf-answer` */
export function parseChoices(text: string): readonly DnfChoice[] {
  const answer: unknown = JSON.parse(text);
  if (Array.isArray(answer) && answer.every(isChoice)) return answer;
  throw malformed('resolve.dnf-answer', 'dnf answered something unexpected.', 'dnf', { got: text });
}

function isChoice(value: unknown): value is DnfChoice {
  if (typeof value !== 'object' || value === null) return false;
  const { name, repository, sha256 } = value as Partial<Record<keyof DnfChoice, unknown>>;
  return [name, repository, sha256].every((part) => typeof part === 'string');
}

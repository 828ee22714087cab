import { readFile } from 'node:fs/promises';
import { randomAccessTo } from '../../../builder/formats/ar.ts';
import { decompress } from '../../../builder/formats/decompress.ts';
import { parseControl, readDeb, type ControlFile, type DebMember } from '../../../builder/formats/deb.ts';
import { parseRelations, type Relation } from '../../../builder/formats/debian-relation.ts';
import { parseDebianVersion } from '../../../builder/formats/debian-version.ts';
import type { RpmDependency } from '../../../builder/formats/rpm/dependencies-write.ts';
import type { RpmSourceFile } from '../../../builder/formats/rpm/files-write.ts';
import type { RpmSpec } from '../../../builder/formats/rpm/package-write.ts';
import type { ScannedTarEntry } from '../../../builder/formats/tar-entry.ts';
import { TarScanner } from '../../../builder/formats/tar-scanner.ts';

/** What a conversion adds to or takes from what the .deb says. */
export interface Change {
  readonly requires?: readonly RpmDependency[];
  readonly provides?: readonly RpmDependency[];
  /** Names of Debian packages that are not required after all. */
  readonly without?: readonly string[];
  readonly scripts?: RpmSpec['scripts'];
  readonly tags?: RpmSpec['tags'];
  /** Text form of file capabilities, by path. */
  readonly capabilities?: Readonly<Record<string, string>>;
  /** Symbolic links beyond those of the .deb. */
  readonly links?: Readonly<Record<string, string>>;
  readonly leaveOut?: (path: string) => boolean;
  /** Where a file of the .deb goes in the package. */
  readonly move?: (path: string) => string;
}

/**
 * A Debian package as an RPM package with the same files: maintainer scripts are left out, relations are
 * translated. `epoch` is the time of all files.
 */
export async function debToRpm(path: string, epoch: number, change: Change = {}): Promise<RpmSpec> {
  const bytes = await readFile(path);
  const layout = await readDeb(randomAccessTo(bytes), path);
  const controlFiles = await readTar(bytes, layout.control);
  const control = parseControl(
    controlFiles.find(({ entry }) => entry.path.replace('./', '') === 'control')!.content.toString('utf8'),
  );
  const files = convertFiles(await readTar(bytes, layout.data), change);
  const { version, release, epoch: evrEpoch } = splitVersion(control.version);
  return {
    name: control.name,
    version,
    release,
    architecture: control.architecture === 'all' ? 'noarch' : 'x86_64',
    summary: `${control.name} from Debian`,
    description: 'Converted by a test.',
    license: 'see the Debian package',
    requires: [{ name: 'filesystem' }, ...requirements(control, change), ...(change.requires ?? [])],
    provides: [...provisions(control), ...(change.provides ?? [])],
    ...(change.scripts !== undefined && { scripts: change.scripts }),
    files,
    epoch,
    ...(evrEpoch > 0 && { versionEpoch: evrEpoch }),
    ...(change.tags !== undefined && { tags: change.tags }),
  };
}

interface TarFile {
  readonly entry: ScannedTarEntry;
  readonly content: Buffer;
}

async function readTar(deb: Buffer, member: DebMember): Promise<TarFile[]> {
  const found: TarFile[] = [];
  let chunks: Buffer[] = [];
  const scanner = new TarScanner(
    {
      onEntry: () => (chunks = []),
      onData: (chunk) => chunks.push(Buffer.from(chunk)),
      onEnd: (entry) => found.push({ entry, content: Buffer.concat(chunks) }),
    },
    'deb',
  );
  const source = (async function* () {
    yield await Promise.resolve(deb.subarray(member.offset, member.offset + member.size));
  })();
  for await (const chunk of decompress(member.compression, source)) scanner.write(chunk);
  scanner.end();
  return found;
}

function convertFiles(entries: readonly TarFile[], change: Change): RpmSourceFile[] {
  const byPath = new Map(entries.map((file) => [absolute(file.entry.path), file]));
  const converted = entries.flatMap((file): RpmSourceFile[] => {
    const path = absolute(file.entry.path);
    if (path === '/' || change.leaveOut?.(path) === true) return [];
    return [convertFile(change.move?.(path) ?? path, file, byPath, change)];
  });
  const links = Object.entries(change.links ?? {}).map(([path, linkname]) => ({ path, linkname }));
  return [...converted, ...links];
}

function convertFile(
  path: string,
  { entry, content }: TarFile,
  byPath: ReadonlyMap<string, TarFile>,
  change: Change,
): RpmSourceFile {
  const owner = { user: entry.uname ?? 'root', group: entry.gname ?? 'root' };
  const { mode, type, linkname = '' } = entry;
  if (type === 'directory') return { path, mode, directory: true, ...owner };
  if (type === 'symlink') return { path, linkname, ...owner };
  if (type === 'hardlink') return { path, mode, content: byPath.get(absolute(linkname))!.content, ...owner };
  const capabilities = change.capabilities?.[path] ?? '';
  return { path, mode, content, config: path.startsWith('/etc/'), capabilities, ...owner };
}

function absolute(path: string): string {
  return `/${path.replace(/^\.\/?/, '').replace(/\/$/, '')}`;
}

function splitVersion(text: string): { epoch: number; version: string; release: string } {
  const { epoch, upstream, revision } = parseDebianVersion(text, 'deb');
  return {
    epoch,
    version: upstream.replaceAll('-', '.'),
    release: revision === '' ? '0' : revision,
  };
}

function requirements(control: ControlFile, change: Change): RpmDependency[] {
  const field = (name: string): string => control.fields.find(([key]) => key === name)?.[1] ?? '';
  const groups = parseRelations(`${field('Pre-Depends')},${field('Depends')}`, control.name);
  return groups.flatMap((group) => {
    const [only] = group;
    if (group.length > 1 || only === undefined) return richOf(group);
    return change.without?.includes(only.name) === true ? [] : [dependencyOf(only)];
  });
}

/** A rich dependency: `(a or b)`. */
function richOf(group: readonly Relation[]): RpmDependency[] {
  return [{ name: `(${group.map(({ name }) => name).join(' or ')})` }];
}

const OPERATORS = { '<<': '<', '<=': '<=', '=': '=', '>=': '>=', '>>': '>' } as const;

function dependencyOf({ name, operator, version }: Relation): RpmDependency {
  if (operator === undefined || version === undefined) return { name };
  const parts = splitVersion(version);
  const hasRevision = version.includes('-');
  const text = hasRevision ? `${parts.version}-${parts.release}` : parts.version;
  // Without a release rpm takes 2.41-12 for equal to 2.41; for dpkg it is later.
  const later = operator === '>>' && !hasRevision ? '>=' : OPERATORS[operator];
  return { name, operator: later, version: parts.epoch > 0 ? `${parts.epoch}:${text}` : text };
}

function provisions(control: ControlFile): RpmDependency[] {
  const field = control.fields.find(([key]) => key === 'Provides')?.[1] ?? '';
  return parseRelations(field, control.name).flatMap((group) => group.map(dependencyOf));
}

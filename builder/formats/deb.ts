import { readArMembers, randomAccessTo, type ArMember, type RandomAccess } from './ar.ts';
import { parseDeb822Fields, type Field } from './deb822.ts';
import { compressionOfName, type Compression } from './compression.ts';
import { parseDebianVersion } from './debian-version.ts';
import { malformed } from './malformed.ts';

/** Where one tar of a .deb lies, in bytes from the start of the .deb. */
export interface DebMember {
  readonly offset: number;
  readonly size: number;
  readonly compression: Compression;
}

/** The two archives of a binary package (deb(5)). */
export interface DebLayout {
  readonly control: DebMember;
  readonly data: DebMember;
}

/**
 * The layout of a .deb from its members, as deb(5) orders them: `debian-binary`, `control.tar*`, `data.tar*`.
 * Members whose names start with `_` may stand between or after and are ignored. Throws an `AppError`
 * (`deb.*`), with its own text for a compression that we do not read.
 */
export function describeDeb(members: readonly ArMember[], where = '.deb'): DebLayout {
  const [version, control, data, ...rest] = members.filter(({ name }) => !name.startsWith('_'));
  if (
    version === undefined ||
    version !== members[0] ||
    version.name !== 'debian-binary' ||
    rest.length > 0
  ) {
    throw malformed('deb.members', 'The members of the package are not those of a .deb.', where, {
      expected: 'debian-binary, control.tar*, data.tar*',
      got: members.map(({ name }) => name).join(', '),
    });
  }
  return { control: describeTar(control, 'control', where), data: describeTar(data, 'data', where) };
}

/** Reads the members, checks the format version (2.x), and returns the layout. */
export async function readDeb(source: RandomAccess | Uint8Array, where: string): Promise<DebLayout> {
  const port = source instanceof Uint8Array ? randomAccessTo(source) : source;
  const members = await readArMembers(port, where);
  const layout = describeDeb(members, where);
  const [version] = members;
  const text = Buffer.from(await port.read(version?.offset ?? 0, Math.min(version?.size ?? 0, 16))).toString(
    'latin1',
  );
  if (!/^2\.\d+\n/.test(text)) {
    throw malformed('deb.version', 'The package has an unknown format version.', where, {
      expected: '2.0',
      got: text,
    });
  }
  return layout;
}

function describeTar(member: ArMember | undefined, stem: 'control' | 'data', where: string): DebMember {
  const name = member?.name ?? '';
  const compression = name.startsWith(`${stem}.tar`)
    ? compressionOfName(name.slice(stem.length + 4))
    : undefined;
  if (member === undefined || compression === undefined) {
    throw malformed('deb.compression', `The package has no ${stem} archive that we can read.`, where, {
      expected: `${stem}.tar, or that with .gz, .xz or .zst`,
      got: name === '' ? 'nothing' : name,
    });
  }
  return { offset: member.offset, size: member.size, compression };
}

/** The control file of a binary package: the fields that every one has, and all as they stand. */
export interface ControlFile {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly multiArch?: string;
  readonly essential: boolean;
  /** In the order and spelling of the file. */
  readonly fields: readonly Field[];
}

/** Reads a binary package's control file (Policy §5.3). Throws an `AppError` (`deb.control`, `deb822.*`). */
export function parseControl(text: string, where = 'control'): ControlFile {
  const [fields, ...rest] = parseDeb822Fields(text, where);
  if (fields === undefined || rest.length > 0) {
    throw malformed('deb.control', 'A control file must hold one paragraph.', where);
  }
  const byName = new Map(fields.map(([name, value]) => [name.toLowerCase(), value]));
  const required = (name: string, pattern: RegExp): string => {
    const value = byName.get(name.toLowerCase()) ?? '';
    if (!pattern.test(value)) {
      throw malformed('deb.control', `The control file has no usable field ${name}.`, where, { got: value });
    }
    return value;
  };
  const version = required('Version', /./);
  parseDebianVersion(version, where);
  const multiArch = byName.get('multi-arch');
  return {
    name: required('Package', /^[A-Za-z0-9][A-Za-z0-9+._-]*$/),
    version,
    architecture: required('Architecture', /^[a-z0-9][a-z0-9-]*$/),
    ...(multiArch !== undefined && { multiArch }),
    essential: byName.get('essential')?.toLowerCase() === 'yes',
    fields,
  };
}

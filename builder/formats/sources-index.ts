import type { Sha256 } from '../../core/digest.ts';
import { checkRelativePath, checkSha256, parseDecimal } from './checked-fields.ts';
import { malformed } from './malformed.ts';
import { StanzaScanner } from './stanza-scanner.ts';

/** One file of a source package: `name` within the package's directory, `size` in bytes. */
export interface SourceFile {
  readonly name: string;
  readonly size: number;
  readonly sha256: Sha256;
}

/** A source package as a Sources index lists it. Relations stay text until somebody needs them. */
export interface SourcePackage {
  readonly name: string;
  readonly version: string;
  /** Path below the archive's root. */
  readonly directory: string;
  readonly binaries: readonly string[];
  readonly architecture?: string;
  readonly format?: string;
  readonly files: readonly SourceFile[];
  readonly buildDepends?: string;
  readonly buildDependsArch?: string;
  readonly buildDependsIndep?: string;
  readonly buildConflicts?: string;
  /** Kept in the archive only because a binary names it in `Built-Using`. */
  readonly extraSourceOnly: boolean;
}

const FIELDS = {
  name: 'Package',
  version: 'Version',
  directory: 'Directory',
  files: 'Checksums-Sha256',
  binaries: 'Binary',
  architecture: 'Architecture',
  format: 'Format',
  buildDepends: 'Build-Depends',
  buildDependsArch: 'Build-Depends-Arch',
  buildDependsIndep: 'Build-Depends-Indep',
  buildConflicts: 'Build-Conflicts',
  extraSourceOnly: 'Extra-Source-Only',
} as const;

type Key = keyof typeof FIELDS;
const KEYS = Object.keys(FIELDS) as Key[];
const NUMBER = Object.fromEntries(KEYS.map((key, index) => [key, index])) as Record<Key, number>;
const VERBATIM = [
  'architecture',
  'format',
  'buildDepends',
  'buildDependsArch',
  'buildDependsIndep',
  'buildConflicts',
] as const;

/** Every stanza of a Sources index. Throws an `AppError` (`sources.*`, `deb822.*`). */
export function parseSourcesIndex(data: Buffer, where = 'Sources'): SourcePackage[] {
  return [...sourcesIn(data, where)];
}

/** The stanzas of a Sources index, one by one. */
export function* sourcesIn(data: Buffer, where = 'Sources'): Generator<SourcePackage, void, undefined> {
  const scanner = new StanzaScanner(data, Object.values(FIELDS), where);
  while (scanner.next()) yield readSource(scanner);
}

type Draft = { -readonly [K in keyof SourcePackage]: SourcePackage[K] };

function readSource(scanner: StanzaScanner): SourcePackage {
  const directory = scanner.required(NUMBER.directory);
  if (!SAFE_DIRECTORY.test(directory) || directory.includes('..')) {
    checkRelativePath(directory, 'sources.directory', scanner.where);
  }
  const draft: Draft = {
    name: shaped(scanner, 'name', NAME),
    version: shaped(scanner, 'version', VERSION),
    directory,
    binaries: (scanner.text(NUMBER.binaries) ?? '').split(/[\s,]+/).filter((name) => name !== ''),
    files: readFiles(scanner),
    extraSourceOnly: scanner.text(NUMBER.extraSourceOnly)?.toLowerCase() === 'yes',
  };
  for (const key of VERBATIM) {
    const text = scanner.text(NUMBER[key]);
    if (text !== undefined) draft[key] = text;
  }
  return draft;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9+._-]*$/;
const VERSION = /^[A-Za-z0-9.+~:-]+$/;
const SAFE_DIRECTORY = /^[a-z0-9][A-Za-z0-9+._~/-]*$/;
const FILE_LINE = /^([0-9a-fA-F]{64})[ \t]+(\d{1,15})[ \t]+([^\s/\\]+)$/;

function readFiles(scanner: StanzaScanner): SourceFile[] {
  const files: SourceFile[] = [];
  for (const line of scanner.required(NUMBER.files).split('\n')) {
    const text = line.trim();
    if (text === '') continue;
    const [, hash = '', size = '', name = ''] = FILE_LINE.exec(text) ?? [];
    if (name === '' || name === '.' || name === '..' || files.some((file) => file.name === name)) {
      throw malformed('sources.files', 'A line of Checksums-Sha256 is malformed.', scanner.where, {
        expected: 'hash size name, each name once and without "/"',
        got: text,
      });
    }
    files.push({
      name,
      size: parseDecimal(size, 'sources.files', 'Checksums-Sha256'),
      sha256: checkSha256(hash, 'sources.files', 'Checksums-Sha256'),
    });
  }
  return files;
}

function shaped(scanner: StanzaScanner, key: Key, pattern: RegExp): string {
  const text = scanner.required(NUMBER[key]);
  if (!pattern.test(text)) {
    throw malformed(`sources.${key}`, `The field ${FIELDS[key]} is malformed.`, scanner.where, { got: text });
  }
  return text;
}

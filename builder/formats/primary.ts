import { malformed } from './malformed.ts';
import { parseChecksum, type Checksum } from './repomd.ts';
import { checkLocation } from './repository-location.ts';
import type { RpmIdentity } from './rpm/identity.ts';
import { readXml, type XmlHandler } from './xml.ts';

/** What a repository says about one package file. */
export interface PrimaryPackage extends RpmIdentity {
  /** Of the package file. */
  readonly checksum: Checksum;
  /** Path below the repository. */
  readonly location: string;
  /** Of the package file, in bytes. */
  readonly size: number;
  /** Of its files on disk, in bytes. */
  readonly installedSize: number;
  /** File name of the source package. */
  readonly sourceRpm: string;
  readonly license: string;
  readonly summary: string;
}

/**
 * Reads `primary.xml` (unpacked) one package at a time; a large repository has 80 000 in 200 MB, and
 * memory stays at one piece of input.
 *
 * @param wants looks at a name before the rest is kept: packages that it declines are left out
 * @throws {AppError} `primary.malformed`, `xml.malformed` or `repository.location`
 */
export function readPrimary(
  chunks: AsyncIterable<Uint8Array>,
  where: string,
  wants: (name: string) => boolean = () => true,
): AsyncGenerator<PrimaryPackage, void, undefined> {
  const reader = new PrimaryReader(where, wants);
  return readXml(chunks, reader, where, () => reader.take());
}

type Draft = Record<string, string | undefined>;

class PrimaryReader implements XmlHandler {
  readonly #where: string;
  readonly #wants: (name: string) => boolean;
  #draft: Draft | undefined;
  #found: PrimaryPackage[] = [];

  constructor(where: string, wants: (name: string) => boolean) {
    this.#where = where;
    this.#wants = wants;
  }

  take(): readonly PrimaryPackage[] {
    const found = this.#found;
    this.#found = [];
    return found;
  }

  open(name: string, attributes: Readonly<Record<string, string>>, path: readonly string[]): void {
    if (name === 'package' && path.length === 2 && attributes['type'] === 'rpm') this.#draft = {};
    const draft = this.#draft;
    if (draft === undefined || path.length !== 3) return;
    for (const attribute of ATTRIBUTES[name] ?? []) draft[`${name}/${attribute}`] = attributes[attribute];
  }

  close(name: string, text: string, path: readonly string[]): void {
    const draft = this.#draft;
    if (draft === undefined) return;
    if (path.length === 2 && name === 'package') {
      this.#found.push(finish(draft, this.#where));
      this.#draft = undefined;
    } else if (path.length === 3 || TEXTS.has(name)) {
      draft[name] = text;
      if (name === 'name' && !this.#wants(text)) this.#draft = undefined;
    }
  }
}

/** Texts below `format`, two levels under the package. */
const TEXTS = new Set(['license', 'sourcerpm']);
const ATTRIBUTES: Readonly<Record<string, readonly string[]>> = {
  version: ['epoch', 'ver', 'rel'],
  checksum: ['type'],
  location: ['href', 'xml:base'],
  size: ['package', 'installed'],
};

function finish(draft: Draft, where: string): PrimaryPackage {
  const name = text(draft, 'name', where, draft['name']);
  const checksum = parseChecksum(draft['checksum/type'], draft['checksum']);
  if (checksum === undefined) {
    throw broken(where, name, 'a SHA-256 or stronger', draft['checksum/type'] ?? 'none');
  }
  if (draft['location/xml:base'] !== undefined) {
    throw broken(where, name, 'a file of this repository', draft['location/xml:base']);
  }
  return {
    name,
    epoch: number(draft, 'version/epoch', where, name),
    version: text(draft, 'version/ver', where, name),
    release: text(draft, 'version/rel', where, name),
    architecture: text(draft, 'arch', where, name),
    checksum,
    location: checkLocation(draft['location/href'], `${where}, package ${name}`),
    size: number(draft, 'size/package', where, name),
    installedSize: number(draft, 'size/installed', where, name),
    sourceRpm: draft['sourcerpm'] ?? '',
    license: draft['license'] ?? '',
    summary: draft['summary'] ?? '',
  };
}

function text(draft: Draft, field: string, where: string, name = 'without a name'): string {
  const value = draft[field];
  if (value !== undefined && /^[A-Za-z0-9_][A-Za-z0-9_.+~^:-]*$/.test(value)) return value;
  throw broken(where, name, `a usable ${field}`, value ?? 'nothing');
}

function number(draft: Draft, field: string, where: string, name: string): number {
  const value = draft[field] ?? '0';
  if (/^\d{1,15}$/.test(value)) return Number(value);
  throw broken(where, name, `a number as ${field}`, value);
}

function broken(where: string, name: string, expected: string, got: string): Error {
  return malformed(
    'primary.malformed',
    `A repository describes the package ${name} in a way that is not allowed.`,
    where,
    {
      expected,
      got,
    },
  );
}

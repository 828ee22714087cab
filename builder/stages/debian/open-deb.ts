import { createHash, type Hash } from 'node:crypto';
import { AppError } from '../../../core/errors.ts';
import { decompress } from '../../formats/decompress.ts';
import { parseControl, readDeb, type DebMember } from '../../formats/deb.ts';
import type { RandomAccess } from '../../formats/ar.ts';
import { checkEntry, newTarSafety } from '../../formats/tar-safety.ts';
import { TarScanner } from '../../formats/tar-scanner.ts';
import type { ScannedTarEntry } from '../../formats/tar-entry.ts';
import { memberText, type ControlMember, type UnpackedPackage } from './dpkg-database.ts';

/** A .deb that can be read at any place, and as a stream from one. */
export interface DebSource extends RandomAccess {
  stream(offset: number, size: number): AsyncIterable<Uint8Array>;
}

/** A package whose archives were read to the end and hold nothing that could harm where they are unpacked. */
export interface OpenedDeb extends UnpackedPackage {
  /** Bytes of the uncompressed data archive. */
  readonly dataSize: number;
  /** Directories of the archive, without `./`. */
  readonly directories: readonly string[];
  /** Those that directly hold something other than directories and symlinks. */
  readonly filledDirectories: readonly string[];
  /** Symlinks of the archive: path without `./`, target as stored. */
  readonly symlinks: readonly (readonly [path: string, target: string])[];
}

/** Far above any package of a desktop; the defence against decompression bombs. */
const MAX_CONTROL = 64 * 1024 * 1024;
const MAX_DATA = 16 * 1024 ** 3;

/** With usr-merge these names are symlinks before the first package is unpacked. */
export const USR_MERGE: ReadonlyMap<string, string> = new Map([
  ['bin', 'usr/bin'],
  ['sbin', 'usr/sbin'],
  ['lib', 'usr/lib'],
  ['lib64', 'usr/lib64'],
]);

/**
 * Reads a .deb (deb(5)) once, entry by entry, hands its uncompressed data archive to `sink` chunk by chunk, and
 * returns what dpkg's database will have to say of it. Throws an `AppError` for whatever is damaged, and for an
 * entry that could land outside of the tree; `sink` has then seen part of the archive and must discard it.
 * `unpacked`: the data archive, where somebody has decompressed it already.
 */
export async function openDeb(
  source: DebSource,
  where: string,
  sink: (chunk: Uint8Array) => Promise<void> | void,
  unpacked?: Iterable<Uint8Array>,
): Promise<OpenedDeb> {
  const layout = await readDeb(source, where);
  const members = await readControl(source, layout.control, where);
  const control = parseControl(memberText({ members }, 'control'), `${where}: control`);
  const contents = new DataContents(members, where);
  const { compression, offset, size } = layout.data;
  const options = { maxBytes: MAX_DATA, where: `${where}: data.tar` };
  const data = unpacked ?? decompress(compression, source.stream(offset, size), options);
  for await (const chunk of data) {
    contents.scanner.write(chunk);
    contents.size += chunk.length;
    await sink(chunk);
  }
  contents.scanner.end();
  return {
    name: control.name,
    version: control.version,
    architecture: control.architecture,
    multiArch: control.multiArch,
    members,
    paths: contents.paths,
    conffileSums: contents.conffileSums,
    fileSums: contents.fileSums,
    dataSize: contents.size,
    filledDirectories: [...contents.filled],
    directories: contents.directories,
    symlinks: contents.symlinks,
  };
}

async function readControl(source: DebSource, member: DebMember, where: string): Promise<ControlMember[]> {
  const members: ControlMember[] = [];
  let chunks: Buffer[] = [];
  const scanner = new TarScanner(
    {
      onEntry: () => {
        chunks = [];
      },
      onData: (chunk) => {
        chunks.push(Buffer.from(chunk));
      },
      onEnd: (entry) => {
        if (entry.type !== 'file') return;
        members.push({
          name: memberName(entry, where),
          mode: entry.mode & 0o777,
          mtime: entry.mtime,
          content: Buffer.concat(chunks),
        });
      },
    },
    `${where}: control.tar`,
  );
  const stream = source.stream(member.offset, member.size);
  for await (const chunk of decompress(member.compression, stream, { maxBytes: MAX_CONTROL, where })) {
    scanner.write(chunk);
  }
  scanner.end();
  return members;
}

function memberName(entry: ScannedTarEntry, where: string): string {
  const name = entry.path.replace(/^\.\//, '');
  if (/^[a-z][a-z0-9_-]*$/i.test(name)) return name;
  throw new AppError({
    kind: 'verification',
    code: 'deb.control-member',
    what: 'the control archive holds a file that dpkg would not take',
    where: `${where}: control.tar`,
    expected: 'a plain file name',
    got: JSON.stringify(entry.path),
    next: 'report it to the maintainer of the package',
  });
}

/** What is collected while the data archive streams by. */
class DataContents {
  readonly paths: string[] = [];
  readonly filled = new Set<string>();
  readonly directories: string[] = [];
  readonly symlinks: [string, string][] = [];
  readonly conffileSums = new Map<string, string>();
  readonly fileSums: Map<string, string> | undefined;
  readonly scanner: TarScanner;
  size = 0;
  readonly #conffiles: ReadonlySet<string>;
  #md5: Hash | undefined;

  constructor(members: readonly ControlMember[], where: string) {
    this.#conffiles = new Set(
      memberText({ members }, 'conffiles')
        .split('\n')
        .map((line) => line.trim()),
    );
    this.fileSums = members.some(({ name }) => name === 'md5sums') ? undefined : new Map();
    const safety = newTarSafety({ links: USR_MERGE, where: `${where}: data.tar` });
    this.scanner = new TarScanner(
      {
        onEntry: (entry) => {
          const { path } = checkEntry(entry, safety);
          this.#enter(entry, path);
        },
        onData: (chunk) => {
          this.#md5?.update(chunk);
        },
        onEnd: (entry) => {
          this.#leave(entry);
        },
      },
      `${where}: data.tar`,
    );
  }

  #enter(entry: ScannedTarEntry, landed: string): void {
    this.paths.push(entry.path);
    if (entry.type === 'directory') this.directories.push(landed);
    else if (entry.type === 'symlink') this.symlinks.push([landed, entry.linkname ?? '']);
    else this.filled.add(landed.slice(0, Math.max(landed.lastIndexOf('/'), 0)));
    const wanted = this.fileSums !== undefined || this.#conffiles.has(plain(entry.path));
    this.#md5 = entry.type === 'file' && wanted ? createHash('md5') : undefined;
  }

  #leave(entry: ScannedTarEntry): void {
    const sum = this.#md5?.digest('hex');
    if (sum === undefined) return;
    const path = plain(entry.path);
    this.fileSums?.set(path.slice(1), sum);
    if (this.#conffiles.has(path)) this.conffileSums.set(path, sum);
  }
}

/** `./etc/foo` as dpkg names it: `/etc/foo`. */
function plain(path: string): string {
  return `/${path.replace(/^\.?\/+/, '')}`;
}

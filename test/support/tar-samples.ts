import fc from 'fast-check';
import type { ScannedTarEntry, TarEntry, TarEntryType } from '../../builder/formats/tar-entry.ts';
import { TarScanner } from '../../builder/formats/tar-scanner.ts';
import { TAR_END, tarHeader, tarPadding } from '../../builder/formats/tar-write.ts';
import { oneOf } from './arbitraries.ts';

/** An entry with its content. */
export interface TarSample {
  readonly entry: TarEntry;
  readonly content: Buffer;
}

/** An entry with the usual metadata; `extra` replaces what it names. */
export function tarEntry(path: string, type: TarEntryType = 'file', extra: Partial<TarEntry> = {}): TarEntry {
  return { path, type, mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 0, ...extra };
}

export function tarArchive(samples: readonly TarSample[]): Buffer {
  const parts = samples.flatMap(({ entry, content }) => [
    tarHeader(entry),
    content,
    tarPadding(content.length),
  ]);
  return Buffer.concat([...parts, TAR_END]);
}

/** What a scanner reports for an archive given in pieces of that many bytes. */
export function scan(
  archive: Buffer,
  pieceLength = archive.length,
): { entry: ScannedTarEntry; content: Buffer }[] {
  const found: { entry: ScannedTarEntry; content: Buffer }[] = [];
  let pieces: Buffer[] = [];
  const scanner = new TarScanner(
    {
      onEntry: () => {
        pieces = [];
      },
      onData: (chunk) => pieces.push(Buffer.from(chunk)),
      onEnd: (entry) => found.push({ entry, content: Buffer.concat(pieces) }),
    },
    'sample.tar',
  );
  for (let at = 0; at < archive.length; at += Math.max(pieceLength, 1)) {
    scanner.write(archive.subarray(at, at + Math.max(pieceLength, 1)));
  }
  scanner.end();
  return found;
}

const name = fc.string({ unit: oneOf('abc./é-_ 0'), minLength: 1, maxLength: 30 });
const longName = fc.tuple(name, fc.integer({ min: 1, max: 30 })).map(([text, times]) => text.repeat(times));
const anyName = fc.oneof({ weight: 4, arbitrary: name }, longName);
const id = fc.oneof(fc.nat(2000), fc.nat(2 ** 31 - 1), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }));
const mtime = fc.oneof(
  fc.nat(2 ** 31),
  fc.integer({ min: -(2 ** 33), max: 2 ** 40 }),
  fc.nat(1e9).map((n) => n + 0.5),
);
const xattrs = fc
  .uniqueArray(
    fc.tuple(
      fc.constantFrom('security.capability', 'user.a', 'system.posix_acl_access'),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    ),
    { selector: ([key]) => key, maxLength: 3 },
  )
  .map((pairs) => new Map([...pairs].sort(([a], [b]) => (a < b ? -1 : 1))));

/** Any entry that can be written, with names long and short, huge ids and binary attributes. */
export const tarSample: fc.Arbitrary<TarSample> = fc
  .record({
    path: anyName,
    link: anyName,
    type: fc.constantFrom('file', 'hardlink', 'symlink', 'char', 'block', 'directory', 'fifo' as const),
    mode: fc.nat(0o7777),
    uid: id,
    gid: id,
    mtime,
    owner: fc.option(fc.constantFrom('root', 'systemd-network', 'ö'), { nil: undefined }),
    device: fc.nat(0o7777777),
    xattrs,
    content: fc.uint8Array({ maxLength: 1500 }).map((bytes) => Buffer.from(bytes)),
  })
  .map(({ path, link, type, owner, device, content, ...rest }) => {
    const body = type === 'file' ? content : Buffer.alloc(0);
    // A file whose name ends with a slash is a directory to every reader.
    const ownPath = type === 'file' ? path.replace(/\/+$/, 'x') : path;
    const entry: TarEntry = {
      ...rest,
      path: ownPath,
      type,
      size: body.length,
      ...(owner !== undefined && { uname: owner, gname: owner }),
      ...((type === 'symlink' || type === 'hardlink') && { linkname: link }),
      ...((type === 'char' || type === 'block') && { devmajor: device, devminor: device >> 3 }),
    };
    return { entry, content: body };
  });

import type { RandomAccess } from './ar.ts';
import { malformed } from './malformed.ts';

/** Bytes of a sector; every address counts these (ECMA-119). */
const SECTOR = 2048;
const PRIMARY_DESCRIPTOR = 16;
const ROOT_RECORD = 156;
/** No directory of ours is a hundredth as large. */
const MAX_DIRECTORY = 4 * 1024 * 1024;

interface Place {
  readonly start: number;
  readonly size: number;
  readonly isDirectory: boolean;
}

/**
 * The bytes of a file on an ISO 9660 medium with Rock Ridge names, at most `maxBytes`. Throws `iso.*` for a damaged
 * medium, and `iso.no-file` for a path that it does not have.
 */
export async function readIsoFile(
  medium: RandomAccess,
  path: string,
  { where, maxBytes }: { readonly where: string; readonly maxBytes: number },
): Promise<Buffer> {
  let at = await rootOf(medium, where);
  for (const part of path.split('/')) {
    const found = at.isDirectory ? (await entriesOf(medium, at, where)).get(part) : undefined;
    if (found === undefined)
      throw malformed('iso.no-file', 'The medium has no such file.', where, { got: path });
    at = found;
  }
  if (at.isDirectory || at.size > maxBytes) {
    throw malformed('iso.file', 'A file of the medium is none, or too large.', where, {
      expected: `${path}, at most ${maxBytes} bytes`,
      got: `${at.size} bytes`,
    });
  }
  return await bytesOf(medium, at, where);
}

async function rootOf(medium: RandomAccess, where: string): Promise<Place> {
  const descriptor = await bytesOf(medium, { start: PRIMARY_DESCRIPTOR * SECTOR, size: SECTOR }, where);
  if (descriptor.toString('latin1', 0, 6) !== '\x01CD001') {
    throw malformed('iso.descriptor', 'This is no medium of ISO 9660.', where);
  }
  return placeOf(descriptor, ROOT_RECORD);
}

function placeOf(bytes: Buffer, at: number): Place {
  return {
    start: bytes.readUInt32LE(at + 2) * SECTOR,
    size: bytes.readUInt32LE(at + 10),
    isDirectory: ((bytes[at + 25] ?? 0) & 2) !== 0,
  };
}

async function entriesOf(medium: RandomAccess, directory: Place, where: string): Promise<Map<string, Place>> {
  if (directory.size > MAX_DIRECTORY) throw malformed('iso.directory', 'A directory is too large.', where);
  const bytes = await bytesOf(medium, directory, where);
  const entries = new Map<string, Place>();
  for (let at = 0; at < bytes.length;) {
    const length = bytes[at] ?? 0;
    if (length === 0) {
      // Records do not cross sectors: the rest of this one is empty.
      at = (Math.floor(at / SECTOR) + 1) * SECTOR;
      continue;
    }
    const nameLength = bytes[at + 32] ?? 0;
    if (length < 34 || at + length > bytes.length || 33 + nameLength > length) {
      throw malformed('iso.directory', 'A directory of the medium is damaged.', where, { got: `byte ${at}` });
    }
    const extra = bytes.subarray(at + 33 + nameLength + (nameLength % 2 === 0 ? 1 : 0), at + length);
    const name = rockRidgeName(extra);
    if (name !== undefined) entries.set(name, placeOf(bytes, at));
    at += length;
  }
  return entries;
}

/** The name in the `NM` entries of a record's system use area (IEEE P1282 §4.1.4). */
function rockRidgeName(area: Buffer): string | undefined {
  let name: string | undefined;
  for (let at = 0; at + 4 <= area.length;) {
    const length = area[at + 2] ?? 0;
    if (length < 4) break;
    if (area.toString('latin1', at, at + 2) === 'NM' && length >= 5) {
      name = (name ?? '') + area.toString('utf8', at + 5, Math.min(at + length, area.length));
    }
    at += length;
  }
  return name;
}

async function bytesOf(
  medium: RandomAccess,
  { start, size }: Pick<Place, 'start' | 'size'>,
  where: string,
): Promise<Buffer> {
  const bytes = start + size > medium.size ? undefined : Buffer.from(await medium.read(start, size));
  if (bytes?.length === size) return bytes;
  throw malformed('iso.truncated', 'The medium ends too early.', where, {
    expected: `byte ${start + size}`,
    got: `${medium.size} bytes`,
  });
}

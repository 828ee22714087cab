import { decompress, detectCompression, MAGIC_LENGTH } from '../formats/decompress.ts';
import { malformed } from '../formats/malformed.ts';
import { TarScanner } from '../formats/tar-scanner.ts';

/**
 * Refuses a release archive whose first entry is not below a directory of the archive's own name. A detached
 * signature does not cover the name of a file, so a mirror could serve an old release as a new one; the directory
 * inside is signed. Throws `tarball.name` (kind `verification`).
 */
export async function checkTopDirectory(
  archive: AsyncIterable<Uint8Array>,
  name: string,
  where: string,
): Promise<void> {
  const got = await firstPath(archive, where);
  if (got?.replace(/^\.\//, '').split('/')[0] === name) return;
  throw malformed('tarball.name', 'The signed archive is another one than its name says.', where, {
    expected: `the directory ${name}`,
    got: got ?? 'nothing',
  });
}

async function firstPath(archive: AsyncIterable<Uint8Array>, where: string): Promise<string | undefined> {
  let path: string | undefined;
  const scanner = new TarScanner({ onEntry: (entry) => (path ??= entry.path) }, where);
  for await (const chunk of unpacked(archive, where)) {
    scanner.write(chunk);
    if (path !== undefined) return path;
  }
  return path;
}

async function* unpacked(archive: AsyncIterable<Uint8Array>, where: string): AsyncGenerator<Uint8Array> {
  const iterator = archive[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done === true) return;
  const rest = async function* (): AsyncGenerator<Uint8Array> {
    yield first.value;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
  };
  try {
    yield* decompress(detectCompression(first.value.subarray(0, MAGIC_LENGTH)), rest(), { where });
  } finally {
    await iterator.return?.();
  }
}

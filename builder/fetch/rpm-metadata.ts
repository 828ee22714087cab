import { decompress, detectCompression, MAGIC_LENGTH } from '../formats/decompress.ts';
import { malformed } from '../formats/malformed.ts';
import { readZchunk } from '../formats/zchunk.ts';
import type { Store } from '../store/store.ts';
import type { Extent } from '../verify/hash-chain.ts';
import type { FetchedMetadata } from './repomd.ts';

/** Fedora's largest list has 800 MB; the defence against decompression bombs. */
const MAX_OPEN = 4 * 1024 ** 3;

/**
 * The unpacked form of a list, in the store. Throws what the unpacking throws, and `repomd.open-checksum`
 * (kind `verification`) when it is not the one that `repomd.xml` names.
 */
export async function openMetadata(store: Store, list: FetchedMetadata): Promise<Extent> {
  const { path, record } = list;
  const open = await store.derive({ kind: 'rpm-metadata', version: 1, input: list.sha256 }, () =>
    unpack(store, list),
  );
  const expected = record.openChecksum;
  if (expected?.type !== 'sha256' || expected.value === open.sha256) return open;
  throw malformed('repomd.open-checksum', 'A package list does not unpack to what its index names.', path, {
    expected: expected.value,
    got: open.sha256,
  });
}

async function* unpack(store: Store, list: FetchedMetadata): AsyncGenerator<Uint8Array, void, undefined> {
  const { path, record } = list;
  if (path.endsWith('.zck')) {
    yield* readZchunk(await store.read(list, path), path);
    return;
  }
  const start = await firstBytes(store.stream(list, path), MAGIC_LENGTH);
  const maxBytes = record.openSize ?? MAX_OPEN;
  yield* decompress(detectCompression(start), store.stream(list, path), { maxBytes, where: path });
}

async function firstBytes(source: AsyncIterable<Uint8Array>, count: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source) {
    parts.push(chunk);
    size += chunk.length;
    if (size >= count) break;
  }
  return Buffer.concat(parts).subarray(0, count);
}

/** How the bytes of a member or file are packed. */
export type Compression = 'none' | 'gz' | 'xz' | 'zst';

const BY_SUFFIX: Readonly<Record<string, Compression>> = {
  '': 'none',
  '.gz': 'gz',
  '.xz': 'xz',
  '.zst': 'zst',
};

/** The compression that a name's suffix (`.gz`, or nothing) stands for; undefined for those we do not read. */
export function compressionOfName(suffix: string): Compression | undefined {
  return Object.hasOwn(BY_SUFFIX, suffix) ? BY_SUFFIX[suffix] : undefined;
}

const MAGICS: readonly (readonly [Compression, readonly number[]])[] = [
  ['gz', [0x1f, 0x8b]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['zst', [0x28, 0xb5, 0x2f, 0xfd]],
];

/** Bytes that `detectCompression` wants to see. */
export const MAGIC_LENGTH = 6;

/** The compression by the first bytes of a file; `none` when they are no magic that we know. */
export function detectCompression(start: Uint8Array): Compression {
  const found = MAGICS.find(([, magic]) => magic.every((byte, index) => start[index] === byte));
  return found?.[0] ?? 'none';
}

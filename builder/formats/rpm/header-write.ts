import { HEADER_INTRO } from './header.ts';
import { REGION } from './header-index.ts';
import { TYPE } from './tags.ts';

/** The value of one entry, by its type in the header. */
export type HeaderValue =
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'i18n'; readonly value: string }
  | { readonly type: 'int16' | 'int32' | 'int64'; readonly value: readonly number[] }
  | { readonly type: 'bin'; readonly value: Uint8Array };

export type HeaderContent = ReadonlyMap<number, HeaderValue>;

/** The bytes of a header with its region tag, entries in ascending order of tags (RPM 4.20 manual). */
export function writeHeader(kind: 'signature' | 'main', content: HeaderContent): Buffer {
  const entries = [...content].sort(([a], [b]) => a - b);
  const index: Buffer[] = [];
  const store: Buffer[] = [];
  let size = 0;
  for (const [tag, value] of entries) {
    const { type, count, bytes, alignment } = encode(value);
    const padding = (alignment - (size % alignment)) % alignment;
    store.push(Buffer.alloc(padding), bytes);
    index.push(entry(tag, type, size + padding, count));
    size += padding + bytes.length;
  }
  const trailer = entry(REGION[kind], TYPE.bin, -(index.length + 1) * 16, 16);
  const intro = Buffer.alloc(HEADER_INTRO);
  intro.writeUInt32BE(0x8eade801, 0);
  intro.writeUInt32BE(index.length + 1, 8);
  intro.writeUInt32BE(size + 16, 12);
  return Buffer.concat([intro, entry(REGION[kind], TYPE.bin, size, 16), ...index, ...store, trailer]);
}

function entry(tag: number, type: number, offset: number, count: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32BE(tag, 0);
  bytes.writeUInt32BE(type, 4);
  bytes.writeInt32BE(offset, 8);
  bytes.writeUInt32BE(count, 12);
  return bytes;
}

interface Encoded {
  readonly type: number;
  readonly count: number;
  readonly bytes: Buffer;
  readonly alignment: number;
}

function encode(value: HeaderValue): Encoded {
  switch (value.type) {
    case 'string':
      return { type: TYPE.string, count: 1, bytes: zeroEnded([value.value]), alignment: 1 };
    case 'i18n':
      return { type: TYPE.i18nString, count: 1, bytes: zeroEnded([value.value]), alignment: 1 };
    case 'strings':
      return {
        type: TYPE.stringArray,
        count: value.value.length,
        bytes: zeroEnded(value.value),
        alignment: 1,
      };
    case 'bin':
      return { type: TYPE.bin, count: value.value.length, bytes: Buffer.from(value.value), alignment: 1 };
    default:
      return encodeIntegers(value.type, value.value);
  }
}

function zeroEnded(texts: readonly string[]): Buffer {
  return Buffer.concat(texts.map((text) => Buffer.from(`${text}\0`)));
}

const WIDTHS = { int16: 2, int32: 4, int64: 8 } as const;

function encodeIntegers(type: keyof typeof WIDTHS, values: readonly number[]): Encoded {
  const width = WIDTHS[type];
  const bytes = Buffer.alloc(width * values.length);
  for (const [i, value] of values.entries()) {
    if (width === 8) bytes.writeBigUInt64BE(BigInt(value), i * width);
    else bytes.writeUIntBE(value, i * width, width);
  }
  return { type: TYPE[type], count: values.length, bytes, alignment: width };
}

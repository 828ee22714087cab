/** An ACPI system description table (ACPI 6.5, section 5.2.6), as far as we need it. */
export interface AcpiTable {
  readonly signature: string;
  readonly revision: number;
  readonly oem: string;
  /** The table cut to what its header says, or to what there is when the header says more. */
  readonly bytes: Uint8Array;
  /** What is wrong with it, for people. Firmware ships such tables, and kernels use them. */
  readonly problems: readonly string[];
}

export const HEADER_LENGTH = 36;

/** Reads the header. Never throws: anything that is wrong stands in `problems`. */
export function parseTable(data: Uint8Array): AcpiTable {
  if (data.length < HEADER_LENGTH) {
    const problems = [`table of ${data.length} bytes is shorter than its ${HEADER_LENGTH} byte header`];
    return { signature: ascii(data, 0, 4), revision: 0, oem: '', bytes: data, problems };
  }
  const problems: string[] = [];
  const claimed = view(data).getUint32(4, true);
  if (claimed > data.length) problems.push(`header says ${claimed} bytes, only ${data.length} are there`);
  if (claimed < HEADER_LENGTH) problems.push(`header says ${claimed} bytes, less than the header itself`);
  const usable = claimed >= HEADER_LENGTH && claimed <= data.length;
  const bytes = usable ? data.subarray(0, claimed) : data;
  if (usable && data.length > claimed) problems.push(`${data.length - claimed} bytes after the table's end`);
  const sum = checksum(bytes);
  if (sum !== 0) problems.push(`checksum is wrong: the bytes add up to 0x${hex(sum, 2)}, not to 0`);
  return {
    signature: ascii(data, 0, 4),
    revision: data[8] ?? 0,
    oem: ascii(data, 10, 6),
    bytes,
    problems,
  };
}

/** The sum of all bytes modulo 256; 0 in a sound table. */
export function checksum(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0);
}

/** One item of a list in which each item says its own type and length. */
export interface Block {
  readonly type: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export interface BlockList {
  readonly blocks: readonly Block[];
  readonly problems: readonly string[];
}

/**
 * Walks a list of self-describing blocks in `bytes` from `start`. `measure` gives an item's type and
 * length at an offset where at least `headerLength` bytes are left. An item of no length would loop
 * for ever and one that is too long leaves the table: both end the walk with a problem.
 */
export function walkBlocks(
  bytes: Uint8Array,
  start: number,
  headerLength: number,
  measure: (data: DataView, offset: number) => { readonly type: number; readonly length: number },
): BlockList {
  const blocks: Block[] = [];
  const problems: string[] = [];
  const data = view(bytes);
  let offset = start;
  while (offset < bytes.length) {
    if (bytes.length - offset < headerLength) {
      problems.push(`${bytes.length - offset} stray bytes at offset ${offset}`);
      break;
    }
    const { type, length } = measure(data, offset);
    if (length < headerLength || offset + length > bytes.length) {
      problems.push(
        `structure of type ${type} at offset ${offset} says ${length} bytes, ${bytes.length - offset} are left`,
      );
      break;
    }
    blocks.push({ type, offset, bytes: bytes.subarray(offset, offset + length) });
    offset += length;
  }
  return { blocks, problems };
}

/** A view on exactly these bytes, whatever buffer they lie in. */
export function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Printable ASCII at a place, other bytes as dots, padding removed. */
export function ascii(bytes: Uint8Array, offset: number, length: number): string {
  return Array.from(bytes.subarray(offset, offset + length), (byte) =>
    byte === 0 ? ' ' : byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.',
  )
    .join('')
    .trim();
}

export function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

/** `bus:device.function` of a bus and a packed device number. */
export function busAddress(bus: number, packed: number): string {
  return `${hex(bus, 2)}:${hex(packed >> 3, 2)}.${packed & 7}`;
}

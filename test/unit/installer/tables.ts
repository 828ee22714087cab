import { checksum } from '../../../installer/probe/acpi/table.ts';

/** Bytes of an ACPI table with a right checksum around `body`. */
export function acpiTable(
  signature: string,
  body: readonly number[],
  options: { length?: number } = {},
): Uint8Array {
  const bytes = new Uint8Array(36 + body.length);
  bytes.set(new TextEncoder().encode(signature), 0);
  new DataView(bytes.buffer).setUint32(4, options.length ?? bytes.length, true);
  bytes[8] = 1;
  bytes.set(new TextEncoder().encode('QFTEST'), 10);
  bytes.set(body, 36);
  bytes[9] = (256 - checksum(bytes)) & 0xff;
  return bytes;
}

export const le16 = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff];
export const le64 = (value: bigint): number[] =>
  Array.from({ length: 8 }, (_, index) => Number((value >> BigInt(8 * index)) & 0xffn));

/** A remapping unit with one PCI endpoint per path. */
export function drhd(base: bigint, paths: readonly (readonly [number, number])[] = []): number[] {
  const scopes = paths.flatMap(([device, fn]) => [1, 8, 0, 0, 0, 0, device, fn]);
  return [...le16(0), ...le16(16 + scopes.length), 1, 0, ...le16(0), ...le64(base), ...scopes];
}

export function dmar(flags: number, blocks: readonly number[]): Uint8Array {
  return acpiTable('DMAR', [38, flags, ...Array<number>(10).fill(0), ...blocks]);
}

/** An IVHD of type 0x10 with these device entries. */
export function ivhd(entries: readonly number[], type = 0x10): number[] {
  const header = type === 0x10 ? 24 : 40;
  const rest = Array<number>(header - 16).fill(0);
  return [
    type,
    0,
    ...le16(header + entries.length),
    0x02,
    0x00,
    ...le16(0x40),
    ...le64(0xfeb80000n),
    ...rest,
    ...entries,
  ];
}

export const IOAPIC_ENTRY = [0x48, 0, 0, 0, 0, 0xa0, 0, 1];

export function ivrs(blocks: readonly number[]): Uint8Array {
  return acpiTable('IVRS', [...Array<number>(12).fill(0), ...blocks]);
}

import { describe, expect, it } from 'vitest';
import { parseDmar } from '../../../installer/probe/acpi/dmar.ts';
import { parseIvrs } from '../../../installer/probe/acpi/ivrs.ts';
import { acpiTable, dmar, drhd, IOAPIC_ENTRY, ivhd, ivrs, le16, le64 } from './tables.ts';

describe('DMAR', () => {
  it('reads units, scopes, flags and reserved memory', () => {
    const region = [...le16(1), ...le16(24), 0, 0, ...le16(0), ...le64(0x7b000000n), ...le64(0x7b7fffffn)];
    const table = parseDmar(
      dmar(0b001, [...drhd(0xfed90000n, [[0x02, 0]]), ...drhd(0xfed91000n), ...region]),
    );
    expect(table).toMatchObject({
      hostAddressBits: 39,
      interruptRemapping: true,
      x2apicOptOut: false,
      units: [
        { registerBase: '0xfed90000', coversRest: true, scopes: [{ type: 1, startBus: 0, path: ['02.0'] }] },
        { registerBase: '0xfed91000' },
      ],
      reservedRegions: [{ base: '0x7b000000', limit: '0x7b7fffff' }],
      problems: [],
    });
  });

  it('reads the table under the name that Xen gives it', () => {
    const bytes = dmar(1, drhd(0xfed90000n));
    bytes.set(new TextEncoder().encode('RMAD'), 0);
    expect(parseDmar(bytes)).toMatchObject({ units: [{}], problems: [] });
  });

  it('says that a checksum is wrong and reads on', () => {
    const bytes = dmar(1, drhd(0xfed90000n));
    bytes[9] = ((bytes[9] ?? 0) + 3) & 0xff;
    const table = parseDmar(bytes);
    expect(table.units).toHaveLength(1);
    expect(table.problems).toEqual(['checksum is wrong: the bytes add up to 0x03, not to 0']);
  });

  it('keeps unknown structure types apart and reads what follows', () => {
    const unknown = [...le16(0x55), ...le16(7), 1, 2, 3];
    const table = parseDmar(dmar(0, [...unknown, ...drhd(0xfed90000n)]));
    expect(table).toMatchObject({ unknownTypes: [0x55], units: [{}], problems: [] });
  });

  it.each([
    ['no length', [...le16(0), ...le16(0)], /structure of type 0 at offset 48 says 0 bytes/],
    ['a length past the end', [...le16(0), ...le16(900), 0], /says 900 bytes, 5 are left/],
    ['stray bytes', [...drhd(0xfed90000n), 1, 2, 3], /3 stray bytes at offset 64/],
    ['too short a unit', [...le16(0), ...le16(8), 0, 0, 0, 0], /type 0 at offset 48 is too short/],
    [
      'a scope past its unit',
      [...le16(0), ...le16(18), 0, 0, ...le16(0), ...le64(1n), 1, 40],
      /device scope/,
    ],
  ])('reports %s', (_, blocks, message) => {
    expect(parseDmar(dmar(0, blocks)).problems.join('\n')).toMatch(message);
  });

  it('reports a header that says more than there is', () => {
    const bytes = acpiTable('DMAR', [38, 1, ...Array<number>(10).fill(0), ...drhd(1n)], { length: 4000 });
    expect(parseDmar(bytes)).toMatchObject({
      units: [{}],
      problems: ['header says 4000 bytes, only 64 are there'],
    });
  });

  it('takes hundreds of units', () => {
    const blocks = Array.from({ length: 700 }, (_, index) =>
      drhd(BigInt(index + 1) << 12n, [[index & 31, 0]]),
    ).flat();
    expect(parseDmar(dmar(1, blocks)).units).toHaveLength(700);
  });
});

describe('IVRS', () => {
  it('reads units and the I/O APICs that they know', () => {
    const all = [0x01, 0, 0, 0];
    const table = parseIvrs(ivrs([...ivhd([...all, ...IOAPIC_ENTRY]), ...ivhd(all, 0x11)]));
    expect(table).toMatchObject({
      units: [
        { type: 0x10, address: '00:00.2', registerBase: '0xfeb80000', entries: 2, ioApics: 1, hpets: 0 },
        { type: 0x11, entries: 1, ioApics: 0 },
      ],
      problems: [],
    });
  });

  it('steps over an ACPI device entry with its text', () => {
    const acpi = [0xf0, ...Array<number>(20).fill(0x41), 5, ...Array<number>(5).fill(0x42)];
    expect(parseIvrs(ivrs(ivhd([...acpi, ...IOAPIC_ENTRY], 0x40))).units).toMatchObject([
      { entries: 2, ioApics: 1 },
    ]);
  });

  it('counts memory blocks and keeps unknown types apart', () => {
    const memory = [0x21, 0, ...le16(32), ...Array<number>(28).fill(0)];
    const table = parseIvrs(ivrs([...memory, 0x77, 0, ...le16(6), 0, 0, ...ivhd(IOAPIC_ENTRY)]));
    expect(table).toMatchObject({ memoryBlocks: 1, unknownTypes: [0x77], units: [{}], problems: [] });
  });

  it.each([
    ['a unit shorter than its header', [0x10, 0, ...le16(12), ...Array<number>(8).fill(0)], /too short/],
    ['an entry past its unit', ivhd([0x48, 0, 0, 0]), /device entry: structure of type 72/],
    ['an ACPI entry cut off', ivhd([0xf0, 0, 0, 0]), /device entry/],
  ])('reports %s', (_, blocks, message) => {
    expect(parseIvrs(ivrs(blocks)).problems.join('\n')).toMatch(message);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDmar } from '../../../installer/probe/acpi/dmar.ts';
import { parseIvrs } from '../../../installer/probe/acpi/ivrs.ts';
import { acpiTable, dmar, drhd, IOAPIC_ENTRY, ivhd, ivrs } from '../../unit/installer/tables.ts';

const bytes = (max: number) => fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: max });

describe('ACPI tables', () => {
  it('any bytes are read without throwing, and end', () => {
    fc.assert(
      fc.property(fc.constantFrom('DMAR', 'IVRS', 'RMAD', 'XXXX'), bytes(300), (signature, body) => {
        const table = acpiTable(signature, body);
        expect(Array.isArray(parseDmar(table).problems)).toBe(true);
        expect(Array.isArray(parseIvrs(table).problems)).toBe(true);
        expect(Array.isArray(parseDmar(new Uint8Array(body)).problems)).toBe(true);
        expect(Array.isArray(parseIvrs(new Uint8Array(body)).problems)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('a flipped byte never goes unnoticed', () => {
    const good = dmar(1, [...drhd(0xfed90000n, [[2, 0]]), ...drhd(0xfed91000n)]);
    expect(parseDmar(good).problems).toEqual([]);
    fc.assert(
      fc.property(fc.nat({ max: good.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bad = Uint8Array.from(good);
        bad[at] = (bad[at] ?? 0) ^ flip;
        expect(parseDmar(bad).problems.length).toBeGreaterThan(0);
      }),
    );
  });

  it('as many units come out as went in', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 400 }), (count) => {
        const units = Array.from({ length: count }, (_, index) => index + 1);
        const intel = parseDmar(
          dmar(
            1,
            units.flatMap((index) => drhd(BigInt(index) << 12n)),
          ),
        );
        const amd = parseIvrs(ivrs(units.flatMap(() => ivhd(IOAPIC_ENTRY))));
        expect([intel.units.length, amd.units.length]).toEqual([count, count]);
        expect([...intel.problems, ...amd.problems]).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });
});

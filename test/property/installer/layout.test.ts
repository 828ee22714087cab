import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALIGNMENT, planPartitions, type DiskShape } from '../../../installer/plan/layout.ts';
import { EXTENT, planVolumes } from '../../../installer/plan/volumes.ts';

const GIB = 2 ** 30;
const MIB = 2 ** 20;

/** Disks of 32 GiB to 20 TiB in whole sectors of 512 or 4096 bytes. */
const disk = fc
  .record({
    sector: fc.constantFrom(512, 4096),
    bytes: fc.oneof(
      fc.integer({ min: 32 * GIB, max: 300 * GIB }),
      fc.maxSafeNat().map((value) => 32 * GIB + (value % (20 * 1024 * GIB - 32 * GIB))),
    ),
  })
  .map(({ sector, bytes }): DiskShape => ({
    sizeBytes: Math.max(32 * GIB, Math.floor(bytes / sector) * sector),
    logicalSector: sector,
  }));

const withEsp = fc
  .tuple(disk, fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 100, max: 1024 }))
  .map(([shape, start, size]): DiskShape => ({
    ...shape,
    keep: { number: (start % 4) + 1, start: start * MIB + shape.logicalSector, size: size * MIB, uuid: 'x' },
  }));

/** The backup table: 32 sectors of 512 bytes or more of entries, and its header. */
const backupBytes = (sector: number) => 16 * 1024 + sector;

describe('partitions', () => {
  it.each([
    ['a whole disk', disk],
    ['beside a kept partition', withEsp],
  ])('of %s are aligned, disjoint, in order and fit', (_, shapes) => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const partitions = planPartitions(shape);
        expect(partitions).toBeDefined();
        const sorted = (partitions ?? []).toSorted((a, b) => a.start - b.start);
        expect(new Set(sorted.map((one) => one.number)).size).toBe(4);
        expect(new Set(sorted.map((one) => one.role)).size).toBe(4);
        let end = ALIGNMENT;
        for (const one of sorted) {
          expect(one.start).toBeGreaterThanOrEqual(end);
          expect(one.size).toBeGreaterThan(0);
          if (one.kept === undefined) {
            expect(one.start % ALIGNMENT).toBe(0);
            expect(one.size % shape.logicalSector).toBe(0);
          }
          end = one.start + one.size;
        }
        expect(end).toBeLessThanOrEqual(shape.sizeBytes - backupBytes(shape.logicalSector));
      }),
      { numRuns: 500 },
    );
  });

  it('use the disk: less than 5 MiB and the fixed partitions are not for the system', () => {
    fc.assert(
      fc.property(disk, (shape) => {
        const system = planPartitions(shape)?.find((one) => one.role === 'system');
        expect(shape.sizeBytes - (system?.size ?? 0)).toBeLessThan(3 * GIB + 5 * MIB);
      }),
    );
  });

  it('refuse a disk without room', () => {
    expect(planPartitions({ sizeBytes: 8 * GIB, logicalSector: 512 })).toBeUndefined();
  });
});

describe('volumes', () => {
  it('are whole extents, fit with the spare of the metadata, and leave metadata enough', () => {
    fc.assert(
      fc.property(disk, (shape) => {
        const system = planPartitions(shape)?.find((one) => one.role === 'system')?.size ?? 0;
        const sizes = planVolumes(system, shape.sizeBytes);
        expect(sizes).toBeDefined();
        if (sizes === undefined) return;
        const { qubeChunk, free, ...volumes } = sizes;
        for (const bytes of Object.values(volumes)) expect(bytes % EXTENT).toBe(0);
        const spare = Math.max(sizes.qubeMetadata, sizes.dom0Metadata);
        expect(free).toBeGreaterThanOrEqual(spare);
        const used =
          sizes.swap + sizes.dom0Pool + sizes.dom0Metadata + sizes.qubePool + sizes.qubeMetadata + free;
        expect(used).toBeLessThanOrEqual(system - 17 * MIB);
        expect(sizes.qubeMetadata).toBeGreaterThanOrEqual(256 * MIB);
        expect(sizes.qubeMetadata).toBeLessThanOrEqual(15 * GIB);
        expect((sizes.qubePool / qubeChunk) * 64).toBeLessThanOrEqual(sizes.qubeMetadata);
        expect(sizes.qubePool / (system - sizes.dom0Pool)).toBeGreaterThan(0.6);
      }),
      { numRuns: 500 },
    );
  });
});

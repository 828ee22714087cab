import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../core/errors.ts';
import { randomAccessTo } from '../../../builder/formats/ar.ts';
import { biosBootImage } from '../../../builder/formats/iso9660.ts';

const SECTOR = 2048;

/** A medium with a boot record at sector 17, its catalog at 19, and the boot image at 20. */
function medium(): Buffer {
  const bytes = Buffer.alloc(21 * SECTOR);
  bytes.write('\0CD001\x01EL TORITO SPECIFICATION', 17 * SECTOR, 'latin1');
  bytes.writeUInt32LE(19, 17 * SECTOR + 0x47);
  bytes[19 * SECTOR] = 1;
  bytes.writeUInt16LE(0xaa55, 19 * SECTOR + 30);
  bytes[19 * SECTOR + 32] = 0x88;
  bytes.writeUInt32LE(20, 19 * SECTOR + 32 + 8);
  return bytes;
}

function find(bytes: Buffer): Promise<number> {
  return biosBootImage(randomAccessTo(bytes), 'medium.iso');
}

describe('biosBootImage', () => {
  it('follows the boot record and the catalog to the image', async () => {
    expect(await find(medium())).toBe(20 * SECTOR);
  });

  it('refuses a medium without a boot record', async () => {
    const bytes = medium();
    bytes.write('CD002', 17 * SECTOR + 1, 'latin1');
    await expect(find(bytes)).rejects.toMatchObject({ code: 'iso.boot-record' });
  });

  it('refuses a catalog whose initial entry is not bootable', async () => {
    const bytes = medium();
    bytes[19 * SECTOR + 32] = 0;
    await expect(find(bytes)).rejects.toMatchObject({ code: 'iso.boot-catalog' });
  });

  it('refuses a catalog behind the end', async () => {
    const bytes = medium();
    bytes.writeUInt32LE(0xffffffff, 17 * SECTOR + 0x47);
    await expect(find(bytes)).rejects.toMatchObject({ code: 'iso.truncated' });
  });

  it('fails only with errors of ours, whatever the bytes are', async () => {
    const damaged = fc.array(fc.tuple(fc.integer({ min: 17 * SECTOR, max: 20 * SECTOR }), fc.nat(255)));
    await fc.assert(
      fc.asyncProperty(damaged, fc.integer({ min: 0, max: 21 * SECTOR }), async (changes, length) => {
        const bytes = medium();
        for (const [at, value] of changes) bytes[at] = value;
        const result = await find(bytes.subarray(0, length)).catch((error: unknown) => error);
        expect(typeof result === 'number' || result instanceof AppError).toBe(true);
      }),
    );
  });
});

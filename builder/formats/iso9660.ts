import type { RandomAccess } from './ar.ts';
import { malformed } from './malformed.ts';

/** Bytes of a sector; every address on the medium counts these. */
const SECTOR = 2048;
/** The boot record stands behind the primary volume descriptor (El Torito §2.0). */
const BOOT_RECORD = 17;
const SYSTEM = 'EL TORITO SPECIFICATION';
const INITIAL_ENTRY = 32;

/**
 * Where the image lies that a BIOS starts from, in bytes from the start of the medium: the initial entry of El
 * Torito's catalog. Throws `iso.*` for a medium without one.
 */
export async function biosBootImage(medium: RandomAccess, where: string): Promise<number> {
  const record = await sector(medium, BOOT_RECORD, where);
  const system = record.toString('latin1', 7, 7 + SYSTEM.length);
  if (record.toString('latin1', 0, 7) !== '\0CD001\x01' || system !== SYSTEM) {
    throw malformed('iso.boot-record', 'This medium has no boot record of El Torito.', where, {
      expected: SYSTEM,
      got: system,
    });
  }
  const catalog = await sector(medium, record.readUInt32LE(0x47), where);
  const isValid = catalog[0] === 1 && catalog.readUInt16LE(30) === 0xaa55;
  if (!isValid || catalog[INITIAL_ENTRY] !== 0x88) {
    throw malformed('iso.boot-catalog', 'The boot catalog has no bootable initial entry.', where);
  }
  return catalog.readUInt32LE(INITIAL_ENTRY + 8) * SECTOR;
}

async function sector(medium: RandomAccess, number: number, where: string): Promise<Buffer> {
  const bytes = Buffer.from(await medium.read(number * SECTOR, SECTOR));
  if (bytes.length === SECTOR) return bytes;
  throw malformed('iso.truncated', 'The medium ends too early.', where, {
    expected: `sector ${number}`,
    got: `${medium.size} bytes`,
  });
}

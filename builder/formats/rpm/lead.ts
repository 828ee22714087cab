import { malformed } from '../malformed.ts';

/** Bytes of the lead: the historical first part of a package, of which only the magic still counts. */
export const LEAD_SIZE = 96;
const MAGIC = 0xedabeedb;
const HEADER_STYLE_SIGNATURE = 5;

/**
 * Checks the lead (RPM 4.20 manual, "Package format", "Lead"): magic and a signature of the header kind.
 * The rest is not read: nothing protects it.
 *
 * @throws {AppError} `rpm.lead`
 */
export function checkLead(bytes: Uint8Array, where: string): void {
  const fail = (got: string): Error => malformed('rpm.lead', 'This is not an RPM package.', where, { got });
  if (bytes.length < LEAD_SIZE) throw fail(`a file of ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, LEAD_SIZE);
  if (view.getUint32(0) !== MAGIC) throw fail('another magic number');
  const major = view.getUint8(4);
  if (major !== 3 && major !== 4) throw fail(`lead version ${major}`);
  const style = view.getUint16(78);
  if (style !== HEADER_STYLE_SIGNATURE) throw fail(`signature style ${style}`);
}

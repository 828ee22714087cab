import { alignUp } from '../../../core/bytes.ts';
import { ByteReader } from './byte-reader.ts';
import { HEADER_INTRO, RpmHeader, headerSize, type HeaderKind } from './header.ts';
import { checkLead, LEAD_SIZE } from './lead.ts';

/** Everything of a package before its payload. Nothing here is verified yet. */
export interface RpmHead {
  readonly signature: RpmHeader;
  readonly header: RpmHeader;
  /** Offset in bytes of the main header and its end, as `primary.xml` calls it `header-range`. */
  readonly range: { readonly start: number; readonly end: number };
}

/** A package whose payload is still to be read. */
export interface RpmPackage extends RpmHead {
  /** The compressed payload; can be read once. */
  readonly payload: AsyncIterable<Uint8Array>;
}

/**
 * Reads a package up to its payload (RPM 4.20 manual, "Package format"). Memory: the two headers, and
 * no more than what the file holds, whatever sizes it claims.
 *
 * @param where the file's name, for errors
 * @throws {AppError} `rpm.lead`, `rpm.header` or `rpm.truncated`
 */
export async function readRpm(chunks: AsyncIterable<Uint8Array>, where: string): Promise<RpmPackage> {
  const reader = new ByteReader(chunks, where);
  try {
    const head = await readHead(reader, where);
    return { ...head, payload: reader.rest() };
  } catch (error) {
    await reader.close();
    throw error;
  }
}

async function readHead(reader: ByteReader, where: string): Promise<RpmHead> {
  checkLead(await reader.upTo(LEAD_SIZE), where);
  const signature = await readHeader(reader, 'signature', where);
  await reader.exactly(alignUp(signature.bytes.length, 8) - signature.bytes.length);
  const start = reader.position;
  const header = await readHeader(reader, 'main', where);
  return { signature, header, range: { start, end: reader.position } };
}

async function readHeader(reader: ByteReader, kind: HeaderKind, where: string): Promise<RpmHeader> {
  const intro = await reader.exactly(HEADER_INTRO);
  const rest = await reader.exactly(headerSize(intro, kind, where) - HEADER_INTRO);
  return new RpmHeader(Buffer.concat([intro, rest]), kind, where);
}

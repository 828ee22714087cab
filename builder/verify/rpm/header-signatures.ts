import { readSignature, UnparseablePacket, type SignaturePacket } from 'openpgp';
import { malformed } from '../../formats/malformed.ts';
import type { RpmHeader } from '../../formats/rpm/header.ts';
import { SIGNATURE_TAG } from '../../formats/rpm/tags.ts';

/** One signature of a package's signature header. */
export interface RpmSignature {
  /** The tag that it stands under. */
  readonly tag: number;
  readonly covers: 'header' | 'header+payload';
  /** One binary signature packet. */
  readonly bytes: Uint8Array;
  readonly packet: SignaturePacket | UnparseablePacket;
}

/**
 * The signatures that count: those over the header. Version 6 packages hold them base64-encoded under
 * one tag, and with it present the older tags mean nothing (RPM 6 manual, "Package format").
 *
 * @throws {AppError} `rpm.signature` when an entry is not exactly one signature packet
 */
export async function headerSignatures(
  signature: RpmHeader,
  where: string,
): Promise<readonly RpmSignature[]> {
  const encoded = signature.strings(SIGNATURE_TAG.openpgp);
  if (encoded.length > 0) {
    return Promise.all(
      encoded.map((text) => toSignature(SIGNATURE_TAG.openpgp, 'header', fromBase64(text, where), where)),
    );
  }
  return ofTags(signature, [SIGNATURE_TAG.rsaHeader, SIGNATURE_TAG.dsaHeader], 'header', where);
}

/** The signatures over header and payload that rpm before 4.14 needed; they prove nothing to us. */
export function legacySignatures(signature: RpmHeader, where: string): Promise<readonly RpmSignature[]> {
  return ofTags(signature, [SIGNATURE_TAG.legacyRsa, SIGNATURE_TAG.legacyDsa], 'header+payload', where);
}

function ofTags(
  header: RpmHeader,
  tags: readonly number[],
  covers: RpmSignature['covers'],
  where: string,
): Promise<readonly RpmSignature[]> {
  const found = tags.flatMap((tag) => {
    const bytes = header.binary(tag);
    return bytes === undefined ? [] : [{ tag, bytes }];
  });
  return Promise.all(found.map(({ tag, bytes }) => toSignature(tag, covers, bytes, where)));
}

async function toSignature(
  tag: number,
  covers: RpmSignature['covers'],
  bytes: Uint8Array,
  where: string,
): Promise<RpmSignature> {
  try {
    const parsed = await readSignature({ binarySignature: Uint8Array.from(bytes) });
    const [packet, ...more] = parsed.packets as readonly (SignaturePacket | UnparseablePacket)[];
    if (packet !== undefined && more.length === 0) return { tag, covers, bytes, packet };
  } catch (cause) {
    throw unreadable(tag, where, cause instanceof Error ? cause.message : String(cause));
  }
  throw unreadable(tag, where, 'no or several packets');
}

function fromBase64(text: string, where: string): Uint8Array {
  if (/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(text)) return Buffer.from(text, 'base64');
  throw unreadable(SIGNATURE_TAG.openpgp, where, 'text that is not base64');
}

function unreadable(tag: number, where: string, got: string): Error {
  return malformed('rpm.signature', 'A signature of an RPM package cannot be read.', where, {
    expected: `one OpenPGP signature packet under tag ${tag}`,
    got,
  });
}

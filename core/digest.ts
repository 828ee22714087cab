import { hash } from 'node:crypto';

/** A SHA-256 as 64 lower-case hexadecimal digits. */
export type Sha256 = string & { readonly __brand: 'Sha256' };

/** `text` as a digest, or undefined when it is not 64 hexadecimal digits. */
export function parseSha256(text: string): Sha256 | undefined {
  return /^[0-9a-fA-F]{64}$/.test(text) ? (text.toLowerCase() as Sha256) : undefined;
}

/** The SHA-256 (FIPS 180-4) of bytes, or of text as UTF-8. */
export function sha256(data: Uint8Array | string): Sha256 {
  return hash('sha256', data) as Sha256;
}

/**
 * JSON with sorted keys and no white space (the shape of RFC 8785 for the values that we use: no
 * floats). Undefined members are left out, so adding an optional field does not change old digests.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value ?? null);
}

/** The digest of a value by its canonical JSON. */
export function digestOf(value: unknown): Sha256 {
  return sha256(canonicalJson(value));
}

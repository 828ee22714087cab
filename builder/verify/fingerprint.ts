/** An OpenPGP fingerprint: 40 (version 4 keys) or 64 (version 6) upper-case hexadecimal digits. */
export type Fingerprint = string & { readonly __brand: 'Fingerprint' };

/** `text` as a fingerprint, spaces dropped; undefined when it is none (a short key id is none). */
export function parseFingerprint(text: string): Fingerprint | undefined {
  const compact = text.replaceAll(' ', '').toUpperCase();
  return /^(?:[0-9A-F]{40}|[0-9A-F]{64})$/.test(compact) ? (compact as Fingerprint) : undefined;
}

const RANGE = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/;

/** The four bytes of a range as one number and its prefix length, or undefined for anything else. */
export function parseAddressRange(
  text: string,
): { readonly base: number; readonly prefix: number } | undefined {
  const match = RANGE.exec(text);
  if (match === null) return undefined;
  const bytes = match.slice(1, 5).map(Number);
  const prefix = match[5] === undefined ? 32 : Number(match[5]);
  if (bytes.some((byte) => byte > 255) || prefix > 32) return undefined;
  return { base: bytes.reduce((sum, byte) => sum * 256 + byte, 0), prefix };
}

/** Whether `text` is an IPv4 address or a range (RFC 4632 notation) with no bits beyond its prefix. */
export function isAddressRange(text: string): boolean {
  const range = parseAddressRange(text);
  return range !== undefined && range.base % 2 ** (32 - range.prefix) === 0;
}

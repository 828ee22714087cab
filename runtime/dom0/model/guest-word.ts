/** Longer than any word that a guest of ours has to say. */
const LONGEST = 64;

/** A word that a guest wrote into the Xen store, or undefined for anything but a short plain word. */
export function parseGuestWord(raw: string): string | undefined {
  const word = raw.endsWith('\n') ? raw.slice(0, -1) : raw;
  return word.length <= LONGEST && /^[A-Za-z0-9._-]+$/.test(word) ? word : undefined;
}

/**
 * Text of a guest, fit for a terminal: what could move the cursor, change colours or answer back is
 * shown as a picture of itself. Line ends and tabs stay.
 */
export function printable(text: string): string {
  // eslint would have none of these in a literal, so the ranges are spelled as escapes.
  return text.replace(/[^\t\n\r\u0020-\u007e\u00a1-\u024f\u0370-\u03ff\u0400-\u04ff]/gu, (char) => {
    const code = char.codePointAt(0) ?? 0;
    return code < 0x20 ? String.fromCodePoint(0x2400 + code) : '\u00b7';
  });
}

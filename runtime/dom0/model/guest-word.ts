/** Longer than any word that a guest of ours has to say. */
const LONGEST = 64;

const KEPT = ['\t', '\n', '\r'];
/** Unicode's pictures of the control characters begin here. */
const PICTURES = 0x2400;

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
  return text.replace(/[\p{Cc}\p{Cf}]/gu, (char) => {
    const code = char.codePointAt(0) ?? 0;
    if (KEPT.includes(char)) return char;
    return code < 0x20 ? String.fromCodePoint(PICTURES + code) : '\u00b7';
  });
}

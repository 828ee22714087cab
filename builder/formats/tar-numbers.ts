import { malformed } from './malformed.ts';

/**
 * A number of a tar header: octal digits ended by blank or NUL (POSIX ustar), or base 256 with the top bit
 * set (GNU, star). Throws an `AppError` (`tar.number`).
 */
export function readTarNumber(block: Buffer, start: number, length: number, where: string): number {
  const first = block[start] ?? 0;
  if ((first & 0x80) !== 0) return readBase256(block, start, length, where);
  let at = start;
  const end = start + length;
  while (at < end && block[at] === 32) at += 1;
  let value = 0;
  for (; at < end; at += 1) {
    const byte = block[at] ?? 0;
    if (byte === 0 || byte === 32) break;
    if (byte < 48 || byte > 55) throw badNumber(block, start, length, where);
    value = value * 8 + byte - 48;
  }
  return value;
}

function readBase256(block: Buffer, start: number, length: number, where: string): number {
  const first = block[start] ?? 0;
  const negative = first === 0xff;
  if (!negative && first !== 0x80) throw badNumber(block, start, length, where);
  let value = negative ? -1n : 0n;
  for (let at = start + 1; at < start + length; at += 1) value = (value << 8n) | BigInt(block[at] ?? 0);
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw badNumber(block, start, length, where);
  return number;
}

function badNumber(block: Buffer, start: number, length: number, where: string): Error {
  return malformed('tar.number', 'A number of a tar header is malformed.', where, {
    expected: 'octal digits or base 256',
    got: block.toString('hex', start, start + length),
  });
}

/** Whether the header's checksum field holds the sum of its bytes, unsigned or (old tars) signed. */
export function checksumMatches(block: Buffer, where: string): boolean {
  const stored = readTarNumber(block, 148, 8, where);
  return stored === tarChecksum(block) || stored === signedChecksum(block);
}

/** The sum of the header's bytes, its checksum field counted as blanks (POSIX ustar). */
export function tarChecksum(block: Buffer): number {
  let sum = 8 * 32;
  for (let at = 0; at < 512; at += 1) sum += block[at] ?? 0;
  for (let at = 148; at < 156; at += 1) sum -= block[at] ?? 0;
  return sum;
}

function signedChecksum(block: Buffer): number {
  let sum = tarChecksum(block);
  for (let at = 0; at < 512; at += 1) {
    if ((at < 148 || at >= 156) && (block[at] ?? 0) > 127) sum -= 256;
  }
  return sum;
}

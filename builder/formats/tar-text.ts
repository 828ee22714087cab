import { malformed } from './malformed.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * A name of a tar archive as text. A name that is not UTF-8 is an `AppError` (`tar.encoding`): as text it
 * would come out as another name (Policy §10.10 wants UTF-8 in packages).
 */
export function decodeTarText(bytes: Buffer, where: string): string {
  if (isAscii(bytes)) return bytes.toString('latin1');
  try {
    return UTF8.decode(bytes);
  } catch (cause) {
    throw malformed('tar.encoding', 'A name of the archive is not UTF-8.', where, {
      got: bytes.toString('latin1'),
      cause,
    });
  }
}

function isAscii(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte > 127) return false;
  return true;
}

import { createInterface } from 'node:readline/promises';
import qrcode from 'qrcode-terminal';
import type { Secret } from '../core/secret.ts';

/**
 * Shows the recovery key on the terminal only, with a QR code to photograph. With `wait` it waits
 * until the key was written down and then clears the screen.
 */
export async function showRecoveryKey(key: Secret, wait: boolean): Promise<void> {
  const qr = await new Promise<string>((resolve) => {
    qrcode.generate(key.reveal(), { small: isUtf8() }, resolve);
  });
  process.stderr.write(
    `\nThe recovery key opens the disk when the passphrase is lost. It is shown once.\nWrite it down and keep it away from the machine:\n\n    ${key.reveal()}\n\n${isUtf8() ? `${qr}\n` : ''}`,
  );
  if (!wait) return;
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  await prompt.question('Press Enter when you have written it down: ');
  prompt.close();
  process.stderr.write('\u001b[2J\u001b[3J\u001b[H');
}

function isUtf8(): boolean {
  const locale = process.env['LC_ALL'] ?? process.env['LC_CTYPE'] ?? process.env['LANG'] ?? '';
  return /utf-?8/i.test(locale) && process.env['TERM'] !== 'vt100';
}

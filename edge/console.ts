import { readlinkSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { AppError } from '../core/errors.ts';
import { livePrompts } from '../installer/ui/live-prompts.ts';
import type { Prompts } from '../installer/ui/prompts.ts';
import { run } from './runner.ts';

/** Questions on this terminal. Throws an `AppError` (usage) when standard input is none. */
export function prompts(): Prompts {
  if (process.stdin.isTTY) return livePrompts({ input: process.stdin, output: process.stdout });
  throw new AppError({
    kind: 'usage',
    code: 'usage.terminal',
    what: 'The wizard needs a terminal',
    next: 'qubeforge-install install --answers FILE, or qubeforge-install check',
  });
}

/** True on the machine's own screen and keyboard, as opposed to a serial line. */
export function isScreen(): boolean {
  try {
    return /^\/dev\/tty\d+$/.test(readlinkSync('/proc/self/fd/0'));
  } catch {
    return false;
  }
}

/** Loads a layout into the console by console-setup. False on a serial line, or when it does not work. */
export async function setKeyboard(layout: string, variant: string): Promise<boolean> {
  if (!isScreen()) return false;
  const text = `XKBMODEL="pc105"\nXKBLAYOUT="${layout}"\nXKBVARIANT="${variant}"\nXKBOPTIONS=""\n`;
  try {
    await writeFile('/etc/default/keyboard', text);
    await run({ argv: ['setupcon', '--keyboard-only', '--force'] });
    return true;
  } catch {
    return false;
  }
}

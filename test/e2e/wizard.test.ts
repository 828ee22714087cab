import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Disk } from '../../builder/run/machine.ts';
import { PAGES } from '../../installer/ui/wizard.ts';
import {
  bootInstalled,
  bootInstaller,
  BOOT,
  INSTALL,
  login,
  PASSPHRASE,
  PASSWORD,
  SERIAL,
  targetDisk,
} from '../support/installation.ts';
import { expectInstalled } from '../support/installed-checks.ts';
import { RECOVERY_KEY } from '../support/installed-disk.ts';
import { createDisk, type Machine } from '../support/qemu.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { terminalText } from '../support/terminal-text.ts';
import { useMedium } from '../support/use-medium.ts';

const medium = useMedium();

const ENTER = '\r';
const ESCAPE = '\u001b';
const DOWN = '\u001b[B';
const BACKSPACE = '\u007f';

/** What a person waits for, and types then. */
type Exchange = readonly [sign: RegExp, keys: string];

/** Everything from the first question to the review. */
const QUESTIONS: readonly Exchange[] = [
  [/\? Language[^]*Esc goes back/, DOWN + ENTER],
  // Once back, to see that it works; the answer is still marked.
  [/\? Layout[^]*Esc goes back/, ESCAPE],
  [/\? Language[^]*Esc goes back/, ENTER],
  [/\? Layout[^]*Esc goes back/, ENTER],
  [/Try the keys[^]*Esc goes back/, `yz@-/${ENTER}`],
  [/Did you mean to type "yz@-\/"[^]*Esc goes back/, ENTER],
  [/Go on\?[^]*Esc goes back/, ENTER],
  [/\? Disk[^]*Esc goes back/, ENTER],
  [/Use this disk[^]*Esc goes back/, ENTER],
  [/Passphrase \(Esc goes back\)/, `qwerty${ENTER}`],
  [/10\^12 are needed/, BACKSPACE.repeat(6) + PASSPHRASE + ENTER],
  [/Passphrase, again \(Esc goes back\)/, PASSPHRASE + ENTER],
  [/Name to log in with \(Esc goes back\)/, `alice${ENTER}`],
  [/Password of alice \(Esc goes back\)/, PASSWORD + ENTER],
  [/Password of alice, again \(Esc goes back\)/, PASSWORD + ENTER],
  [/Name of the machine \(Esc goes back\)/, `desk${ENTER}`],
  [/Time zone or city \(Esc goes back\)/, `lisbon${ENTER}`],
  [/Which templates\?[^]*Esc goes back/, ENTER],
  [/Which qubes\?[^]*Esc goes back/, ENTER],
  [/Recovery key: a second key[^]*Esc goes back/, ENTER],
  [/How are the qubes stored\?[^]*Esc goes back/, ENTER],
  [/Tell an SSD[^]*Esc goes back/, ENTER],
];

const CONFIRMATION: readonly Exchange[] = [
  [/Install\? \d+ steps[^]*Esc goes back/, ENTER],
  [/Type QFTARGET1 to begin/, `nonsense${ENTER}`],
  [/Type QFTARGET1, or press Esc/, BACKSPACE.repeat(8) + SERIAL + ENTER],
];

const MORE = 'Enter shows more';

/** Answers each question; what is longer than the screen before it is read to its end. */
async function converse({ serial }: Machine, exchanges: readonly Exchange[]): Promise<void> {
  for (const [sign, keys] of exchanges) {
    // Lines are broken at spaces.
    const either = new RegExp(`${MORE}|${sign.source}`.replaceAll(' ', '\\s+'));
    while ((await serial.expect(either, BOOT))[0].replace(/\s+/g, ' ') === MORE) await serial.send(ENTER);
    await serial.send(keys);
  }
}

/** From the first question on, as it stands on the terminal. */
function session({ serial }: Machine, from: RegExp): string {
  const text = terminalText(serial.raw);
  return text.slice(text.search(from));
}

/** The documentation shows the sessions of the last run with QUBEFORGE_UPDATE_DOCS=1. */
async function document(sessions: Readonly<Record<string, string>>): Promise<void> {
  if (process.env['QUBEFORGE_UPDATE_DOCS'] !== '1') return;
  const blocks = Object.entries(sessions).map(([title, text]) => {
    const masked = text
      .replace(new RegExp(RECOVERY_KEY, 'g'), '(48 letters)')
      .split('\n')
      .filter((line) => !/[\u2580-\u259f]/.test(line))
      .join('\n');
    return `## ${title}\n\n\`\`\`text\n${masked.trim()}\n\`\`\`\n`;
  });
  const head = `# A session of the installer

On the serial console of an emulated machine, as the screen stands when it is over; written by \`test/e2e/wizard.test.ts\`.
What is typed in secret shows as stars. Esc at the layout of the keyboard led back to the language. A passphrase that is
too weak and a wrong serial number were refused before those that stand here. The power is cut while the system is
written; the installer finds out and goes on.
`;
  await writeFile('docs/installer-session.md', [head, ...blocks].join('\n'));
}

describe('an installation by the wizard', () => {
  it('asks, is cut off by the power, goes on, and starts', async () => {
    await using folder = await temporaryDirectory();
    const target = await targetDisk(medium, folder.path);
    const other: Disk = { path: join(folder.path, 'other.qcow2'), format: 'qcow2', serial: 'QFOTHER' };
    await createDisk(medium.tools, other.path, '64G');
    const options = { iommu: 'amd', memoryMiB: 6144 } as const;
    const first = await (async () => {
      await using machine = await bootInstaller(medium, [target, other], options);
      await converse(machine, QUESTIONS);
      await converse(machine, CONFIRMATION);
      const [, recoveryKey = ''] = await machine.serial.expect(RECOVERY_KEY, INSTALL);
      await converse(machine, [[/Press Enter when you have written it down/, ENTER]]);
      await machine.serial.expect(/Write the system[^]*? 20 %/, INSTALL);
      return { recoveryKey, text: session(machine, /--- 1\/\d+ /) };
    })();
    const second = await (async () => {
      await using machine = await bootInstaller(medium, [target, other], options);
      await converse(machine, [
        [/An installation was interrupted[^]*Esc goes back/, ENTER],
        [/Passphrase of the disk, as before/, PASSPHRASE + ENTER],
        [/Password of the user, as before/, PASSWORD + ENTER],
      ]);
      await machine.serial.expect(/desk is installed on/, INSTALL);
      return session(machine, /\? An installation was interrupted|\* An installation was interrupted/);
    })();
    await document({
      'The questions, until the power fails': first.text,
      'The same machine, started again': second,
    });
    for (const { title } of PAGES.filter(({ id }) => id !== 'devices')) expect(first.text).toContain(title);
    for (const text of [first.text, second]) {
      for (const secret of [PASSPHRASE, PASSWORD]) expect(text).not.toContain(secret);
      expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
    }

    await using machine = await bootInstalled(medium, target, options);
    await login(machine);
    await expectInstalled(machine, first.recoveryKey);
  });
});

import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../core/digest.ts';
import { answerFiles, answersDisk, INSTALL, mustRun, SERIAL, targetDisk } from '../support/installation.ts';
import { bootBare, damage } from '../support/medium.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { useMedium } from '../support/use-medium.ts';

const medium = useMedium();

/** One that the installer writes to the disk, and one that it never reads for itself. */
const BAD = ['boot/grub/grub.cfg', 'images/debian-13-minimal/root.img.zst'];

describe('the installer on a damaged medium', () => {
  it('names every file with a wrong bit, and leaves the disk as it was', async () => {
    await using folder = await temporaryDirectory();
    const iso = join(folder.path, 'damaged.iso');
    await copyFile(medium.iso, iso);
    for (const path of BAD) await damage(iso, medium.project, medium.files[path]!);
    const target = await targetDisk(medium, folder.path);
    const before = sha256(await readFile(target.path));
    const answers = await answersDisk(folder.path, answerFiles());
    await using machine = await bootBare({ ...medium, iso }, { disks: [answers, target] });
    await mustRun(machine.console, 'mount -o ro /dev/vda /mnt');
    const { output, exitCode } = await machine.console.run(
      `qubeforge-install install --answers /mnt/answers.yaml --secrets /mnt/secrets.yaml --erase ${SERIAL}`,
      INSTALL,
    );
    expect(exitCode).toBe(3);
    expect(output).toContain('[medium.damaged]');
    expect(output.match(/\S+(?=: changed)/g)).toEqual(BAD);
    expect(sha256(await readFile(target.path))).toBe(before);
  });
});

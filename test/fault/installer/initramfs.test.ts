import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../../edge/runner.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const SCRIPT = 'recipes/files/dom0/initramfs/scripts/init-bottom/qubeforge-dev';

/** What the script mounts in a root with or without `/dev`. */
async function mounted(moved: boolean): Promise<string> {
  await using folder = await temporaryDirectory();
  const bin = join(folder.path, 'bin');
  for (const path of ['bin', 'root/dev']) await mkdir(join(folder.path, path), { recursive: true });
  await writeFile(join(folder.path, 'calls'), '');
  await writeFile(join(bin, 'mount'), `#!/bin/sh\nprintf '%s\\n' "$*" >>${folder.path}/calls\n`);
  await chmod(join(bin, 'mount'), 0o755);
  if (moved) await writeFile(join(folder.path, 'root/dev/console'), '');
  const env = { PATH: `${bin}:/usr/bin:/bin`, rootmnt: `${folder.path}/root` };
  await run({ argv: ['sh', SCRIPT], env });
  return (await readFile(join(folder.path, 'calls'), 'utf8')).replaceAll(folder.path, '');
}

describe('the end of the initrd', () => {
  it('comes after the script of udev', async () => {
    expect((await run({ argv: ['sh', SCRIPT, 'prereqs'] })).stdout).toBe('udev\n');
  });

  it('moves /dev to the new root when udev gave up before it did', async () => {
    expect(await mounted(false)).toBe('-n -o move /dev /root/dev\n');
  });

  it('leaves /dev alone when it was moved', async () => {
    expect(await mounted(true)).toBe('');
  });
});

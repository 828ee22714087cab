import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { leaveShortcuts, takeShortcuts } from '../../../builder/stages/debian/shortcuts.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

/** As the script of ca-certificates has it, with what it found printed. */
const CONFIG = `#!/bin/sh
for crt in a b c; do
   if (echo "$CERTS_DISABLED" | grep -F -q -x "$crt") > /dev/null 2>&1; then
     echo "disabled $crt"
   elif (echo "$CERTS_TRUST" | grep -F -q -x "$crt") > /dev/null 2>&1; then
     echo "trusted $crt"
   else
     echo "new $crt"
   fi
done
`;

const run = (script: string, env: Record<string, string> = {}): string =>
  execFileSync('/bin/sh', ['-euc', script], { env: { ...process.env, ...env }, encoding: 'utf8' });

test('an edited script finds what the original finds, and the original comes back as it was', async () => {
  await using tree = await temporaryDirectory();
  const info = join(tree.path, 'var/lib/dpkg/info');
  const config = join(info, 'ca-certificates.config');
  await mkdir(info, { recursive: true });
  await mkdir(join(tree.path, 'run/qubeforge'), { recursive: true });
  await writeFile(config, CONFIG);
  await chmod(config, 0o755);
  const before = await stat(config, { bigint: true });
  const places = `root=${tree.path} dpkg=${join(tree.path, 'var/lib/dpkg')}`;
  const lists = [
    {},
    { CERTS_DISABLED: 'b' },
    { CERTS_TRUST: 'a\nc' },
    { CERTS_DISABLED: 'a\nab', CERTS_TRUST: 'b' },
  ].map((list) => ({ CERTS_DISABLED: '', CERTS_TRUST: '', ...list }));
  const originals = lists.map((list) => run(config, list));

  run(`${places}\n${takeShortcuts()}`);
  expect(await readFile(config, 'utf8')).not.toBe(CONFIG);
  expect(lists.map((list) => run(config, list))).toEqual(originals);

  run(`${places}\n${leaveShortcuts()}`);
  const after = await stat(config, { bigint: true });
  expect(await readFile(config, 'utf8')).toBe(CONFIG);
  expect([after.ino, after.mtimeNs, after.mode]).toEqual([before.ino, before.mtimeNs, before.mode]);
});

test('a tree without these packages is left alone', async () => {
  await using tree = await temporaryDirectory();
  await mkdir(join(tree.path, 'run/qubeforge'), { recursive: true });
  run(`root=${tree.path} dpkg=${tree.path}/none\n${takeShortcuts()}\n${leaveShortcuts()}`);
});

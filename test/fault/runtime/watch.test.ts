import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../../edge/runner.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const UNIT = 'runtime/dom0/package/qubeforge-watch.service';

/** Runs the unit's shell with `events` of the Xen store and a `qube` that fails so many times; the calls of it and of sleep. */
async function calls(events: number, failures: number): Promise<readonly string[]> {
  await using folder = await temporaryDirectory();
  const place = (name: string): string => join(folder.path, name);
  const program = async (name: string, script: string): Promise<void> => {
    await writeFile(place(name), `#!/bin/sh\n${script}\n`);
    await chmod(place(name), 0o755);
  };
  const note = `echo "$(basename "$0") $*" >> '${place('calls')}'`;
  await program('xenstore-watch', `for event in $(seq ${events}); do echo "$1"; done`);
  await program('sleep', note);
  await program('qube', `${note}; [ "$(grep -c '^qube ' '${place('calls')}')" -gt ${failures} ]`);
  const [, script = ''] = /^ExecStart=\/bin\/sh -c '(.*)'$/m.exec(await readFile(UNIT, 'utf8')) ?? [];
  // What systemd makes of it (systemd.service(5), Command lines): `$$` is a dollar sign.
  const unescaped = script.replaceAll('$$', () => '$').replaceAll('/usr/bin/qube', place('qube'));
  await run({ argv: ['sh', '-c', unescaped], env: { PATH: `${folder.path}:/usr/bin:/bin` }, accept: [0, 1] });
  return (await readFile(place('calls'), 'utf8')).split('\n').slice(0, -1);
}

describe('the watch for domains that go', () => {
  it('has dom0 clean up once for each', async () => {
    expect(await calls(2, 0)).toEqual([
      'sleep 0',
      'qube reconcile --quiet',
      'sleep 0',
      'qube reconcile --quiet',
    ]);
  });

  it('tries again what failed, later each time', async () => {
    expect((await calls(1, 2)).filter((call) => call.startsWith('sleep'))).toEqual([
      'sleep 0',
      'sleep 5',
      'sleep 20',
    ]);
  });

  it('goes on to the next domain when it fails for good', async () => {
    const all = await calls(2, 4);
    expect(all.filter((call) => call.startsWith('qube'))).toHaveLength(5);
    expect(all.slice(-3)).toEqual(['qube reconcile --quiet', 'sleep 0', 'qube reconcile --quiet']);
  });
});

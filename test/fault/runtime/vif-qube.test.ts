import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../../edge/runner.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const SCRIPT = resolve('runtime/guest/lib/vif-qube');

/** Runs the hotplug script with a Xen store that says this; resolves with its exit code and the programs it started. */
async function online(ip: string, mac: string): Promise<{ readonly code: number; readonly called: string }> {
  await using folder = await temporaryDirectory();
  const programs = join(folder.path, 'bin');
  const log = join(folder.path, 'log');
  await mkdir(programs);
  await writeFile(log, '');
  await writeFile(join(folder.path, 'ip'), `${ip}\n${mac}\n`);
  for (const name of ['xenstore-read', 'xenstore-write', 'nft', 'ip']) {
    const answer = name === 'xenstore-read' ? `cat '${join(folder.path, 'ip')}'` : ':';
    const program = `#!/bin/sh\necho ${name} "$@" >> '${log}'\n${answer}\n`;
    await writeFile(join(programs, name), program);
    await chmod(join(programs, name), 0o755);
  }
  const { exitCode } = await run({
    argv: ['sh', SCRIPT, 'online'],
    env: { PATH: `${programs}:/usr/bin:/bin`, XENBUS_PATH: 'backend/vif/7/0', vif: 'qf-none.0' },
    accept: [0, 1, 2],
  });
  return { code: exitCode, called: await readFile(log, 'utf8') };
}

const IP = '10.137.0.5';
const MAC = '00:16:3e:89:00:05';

describe('the hotplug script of a netvm', () => {
  it.each([
    ['10.137.0.5; drop', MAC],
    ['10.137.0.5/8', MAC],
    ['10.137.0', MAC],
    ['10.137.0.5.6', MAC],
    ['192.168.1.1', MAC],
    ['', MAC],
    [IP, '00:16:3e:89:00'],
    [IP, '00:16:3e:89:00:05 }'],
    [IP, 'aa:bb:cc:dd:ee:$(id)'],
    [IP, ''],
  ])('lets nothing on to the packet filter that is no address: %s %s', async (ip, mac) => {
    const { code, called } = await online(ip, mac);
    expect(code).toBe(1);
    expect(called).toMatch(
      /^xenstore-write backend\/vif\/7\/0\/hotplug-error not .* backend\/vif\/7\/0\/hotplug-status error$/m,
    );
    expect(called).not.toMatch(/^(nft|ip) /m);
  });

  it('goes on to the packet filter with an address', async () => {
    expect((await online(IP, MAC)).called).toMatch(/^nft -f -$/m);
  });
});

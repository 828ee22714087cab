import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fedoraProject, TEMPLATE_RECIPE, type FedoraProject } from '../support/fedora/project.ts';
import { startTemplate } from '../support/template.ts';

/** Generous: emulation on a busy machine takes ten times as long as on an idle one. */
const BOOT = 15 * 60_000;
const COMMAND = 3 * 60_000;

let fixture: FedoraProject;

beforeAll(async () => {
  fixture = await fedoraProject();
});
afterAll(async () => {
  await fixture[Symbol.asyncDispose]();
});

it('a template of the Fedora family starts to a login and answers', async () => {
  for (const command of ['lock', 'build']) {
    expect((await fixture.cli(command, TEMPLATE_RECIPE)).error?.text).toBeUndefined();
  }
  const files = join(fixture.project.root, 'out', TEMPLATE_RECIPE);
  await using machine = await startTemplate(
    fixture.project,
    files,
    'root=LABEL=qubeforge-root rw console=ttyS0 systemd.show_status=1',
  );
  await machine.serial.expect(/template login: /, BOOT);
  console.log(`login prompt after ${(machine.age() / 1000).toFixed(0)} s of emulation`);
  await machine.serial.sendLine('root');
  await machine.serial.expect(/# $/, COMMAND);
  const release = await machine.serial.run('cat /etc/hostname; id -un', COMMAND);
  expect(release.output).toMatch(/^template\s+root/m);
  expect((await machine.serial.run('id -nG user', COMMAND)).output).toMatch(/audio/);
  expect((await machine.serial.run('getcap /usr/bin/ping', COMMAND)).output).toContain('cap_net_raw=ep');
  const shell = async (command: string): Promise<string> =>
    (await machine.serial.run(command, COMMAND)).output.trim();
  // The guest parts are switched on although presets switch off what they do not name; those for dom0 wait for Xen.
  for (const unit of ['agent', 'facts', 'rw', 'ready']) {
    const state = await shell(
      `systemctl show -P LoadState -P ActiveState -P ConditionResult qubeforge-${unit}`,
    );
    expect([unit, ...state.split(/\s+/).sort()]).toEqual([unit, 'inactive', 'loaded', 'no']);
  }
  for (const unit of ['filter', 'identity'])
    expect([unit, await shell(`systemctl is-active qubeforge-${unit}`)]).toEqual([unit, 'active']);
  expect(await shell('nft list ruleset')).toMatch(/chain input \{\s+type filter hook input .* policy drop/);
  expect(await shell('readlink -f /bin/sh; sysctl -n net.ipv4.conf.all.rp_filter')).toMatch(/bash\s+1$/);
  expect(await shell('/usr/lib/qubeforge/qubeforge-vchan guest; echo $?')).toMatch(
    /xenbus cannot be opened: .*\s+1$/,
  );
  // Under Xen the console is there from the beginning; here its driver comes when it comes.
  expect(await shell('systemctl start qubeforge-console; systemctl is-active qubeforge-console')).toBe(
    'active',
  );
  expect((await machine.console.run('id -un', COMMAND)).output).toContain('root');
  expect(await shell('systemctl --failed --no-legend --plain')).toBe('');
});

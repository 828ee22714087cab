import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fedoraProject, TEMPLATE_RECIPE, type FedoraProject } from '../support/fedora/project.ts';
import { GUESTS, request, startDesk, type Desk } from '../support/qubes-machine.ts';
import { templateDisk } from '../support/template.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const LABEL = 'QF_TEMPLATE';

let fixture: FedoraProject;
let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
let desk: Desk;

const dom0 = (...args: Parameters<Desk['dom0']>): ReturnType<Desk['dom0']> => desk.dom0(...args);
const inside = async (command: string, user?: string): Promise<string> =>
  (await desk.inside('fedora-work', command, user)).output;

/** A command in dom0 that has to succeed. */
async function succeed(command: string): Promise<string> {
  const { output, code } = await dom0(command, GUESTS);
  expect([command, code, code === 0 ? '' : output]).toEqual([command, 0, '']);
  return output;
}

beforeAll(async () => {
  fixture = await fedoraProject();
  folder = await temporaryDirectory();
  for (const command of ['lock', 'build']) {
    expect((await fixture.cli(command, TEMPLATE_RECIPE)).error?.text).toBeUndefined();
  }
  const files = join(fixture.project.root, 'out', TEMPLATE_RECIPE);
  desk = await startDesk([await templateDisk(fixture.project, files, folder.path, LABEL)]);
  expect(await desk.booted()).toBe('ExecMainStatus=0');
  // It would only take memory and the processor.
  await succeed('qube stop personal --wait 600');
  await succeed(`mkdir /root/template && mount -o ro LABEL=${LABEL} /root/template`);
});
afterAll(async () => {
  await desk[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
  await fixture[Symbol.asyncDispose]();
});

it('a template of the Fedora family is brought in, and a qube starts from it', async () => {
  await succeed('qube create fedora kind=TemplateVM label=black netvm=none memory=700MiB');
  await succeed('qube import fedora /root/template');
  await succeed('qube create fedora-work kind=AppVM label=blue template=fedora memory=700MiB');
  await succeed('qube start fedora-work --wait 900');
  expect(await inside('hostname; id -un; pwd')).toMatch(/^fedora-work\s+user\s+\/home\/user$/);
  expect(await inside('systemctl --failed --no-legend --plain', 'root')).toBe('');
  expect(await inside('systemctl is-system-running --wait')).toBe('running');
  // Not a first boot, which would set all units as the presets say, at every start.
  expect(await inside('systemctl show -P ConditionResult systemd-firstboot', 'root')).toBe('no');
});

it('reaches the network through sys-firewall, and answers nobody on it', async () => {
  expect(await inside(request(80))).toBe('hello');
  expect(await desk.servers.connections(80)).toBe(1);
  expect(await inside('nft list chain inet qubeforge_input input', 'root')).toMatch(/policy drop/);
  expect(await inside('ss -Hltun | grep -v 127.0.0')).toBe('');
});

it('keeps /home, and neither what was done to its root nor in its template', async () => {
  const digest = 'head -c 2G /dev/*/qube.fedora.root | md5sum';
  const before = await succeed(digest);
  await inside('echo kept > kept');
  await inside('echo lost > /usr/lost; sync', 'root');
  expect(await succeed(digest)).toBe(before);
  await succeed('qube restart fedora-work --wait 900');
  expect(await inside('cat kept; ls /usr/lost')).toMatch(/^kept\n.*No such file/);
});

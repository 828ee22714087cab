import { join } from 'node:path';
import { mkdir, writeFile } from 'node:fs/promises';
import { run } from '../../edge/runner.ts';
import type { Channel } from './channel.ts';
import type { Disk } from '../../builder/run/machine.ts';
import { bootMedium, type TestMedium } from './medium.ts';
import { bring, createDisk, start, type Machine, type StartOptions } from './qemu.ts';

/** Generous: emulation on a busy machine takes ten times as long as on an idle one. */
export const BOOT = 20 * 60_000;
export const INSTALL = 28 * 60_000;
export const COMMAND = 5 * 60_000;

export const PASSPHRASE = 'correct horse battery staple';
export const PASSWORD = 'Zappel-Philipp-77';
export const SERIAL = 'QFTARGET1';

/** Answers that fit the emulated machine: little memory, and no IOMMU unless a lane has one. */
export const ANSWERS = `version: 1
disk: {serial: ${SERIAL}}
hostname: desk
user: {name: alice}
boot:
  console: serial
  xen-options: [iommu=no-sharept]
  kernel-options: [cryptomgr.notests]
overrides: [iommu, memory]
`;

/** The files of an installation without questions, but for the word that lets it begin. */
export function answerFiles(answers = ANSWERS): Readonly<Record<string, string>> {
  return {
    'answers.yaml': answers,
    'secrets.yaml': `passphrase: ${PASSPHRASE}\nuser-password: ${PASSWORD}\n`,
  };
}

/** A small volume with the label that starts an installation without questions. */
export async function answersDisk(folder: string, files: Readonly<Record<string, string>>): Promise<Disk> {
  const source = join(folder, 'answers');
  await mkdir(source, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(source, name), text);
  const path = join(folder, 'answers.img');
  await writeFile(path, '');
  await run({ argv: ['truncate', '-s', '8M', path] });
  await run({ argv: ['mke2fs', '-q', '-t', 'ext4', '-L', 'QF_ANSWERS', '-d', source, path] });
  return { path, format: 'raw', readOnly: true };
}

/** An empty disk to install on. */
export async function targetDisk(medium: TestMedium, folder: string, size = '40G'): Promise<Disk> {
  const path = join(folder, 'target.qcow2');
  await createDisk(medium.tools, path, size);
  return { path, format: 'qcow2', serial: SERIAL };
}

/** Starts the medium's installer under Xen, on the serial console. */
export function bootInstaller(
  medium: TestMedium,
  disks: readonly Disk[],
  options: Partial<StartOptions> = {},
): Promise<Machine> {
  return bootMedium(medium, 'i', { ...options, disks });
}

/** Starts the installed system and unlocks it, with the disks of `options` besides; resolves at the login prompt. */
export async function bootInstalled(
  medium: TestMedium,
  target: Disk,
  options: Partial<StartOptions> = {},
): Promise<Machine> {
  const machine = await start({
    tools: medium.tools,
    ...options,
    disks: [{ ...target, bootIndex: 0 }, ...(options.disks ?? [])],
  });
  return await bring(machine, async () => {
    await machine.serial.expect(/Xen version/, BOOT);
    await machine.serial.expect(/Please unlock disk/, BOOT);
    await machine.serial.sendLine(PASSPHRASE);
    await machine.serial.expect(/desk login:/, BOOT);
  });
}

/** Logs in on the serial console, where the system asks, and on the quick one, and becomes root on both. */
export async function login(machine: Machine): Promise<void> {
  await becomeRoot(machine.serial);
  await machine.serial.sendLine('systemctl start serial-getty@hvc1');
  await machine.console.expect(/login:/, BOOT);
  await becomeRoot(machine.console);
  await machine.console.sendLine('export PAGER=cat SYSTEMD_PAGER=cat');
  await machine.console.expect(/# /, COMMAND);
}

/** From a login prompt to a root shell. login(1) gives up after a minute, which a busy machine needs: then once more. */
async function becomeRoot(console: Channel): Promise<void> {
  for (;;) {
    await console.sendLine('alice');
    await console.expect(/Password:/, COMMAND);
    await console.sendLine(PASSWORD);
    const [seen] = await console.expect(/\$ |login: timed out/, COMMAND);
    if (seen === '$ ') break;
    await console.expect(/login: /, COMMAND);
  }
  await console.sendLine('sudo -i');
  await console.expect(/password for alice:/, COMMAND);
  await console.sendLine(PASSWORD);
  await console.expect(/# /, COMMAND);
}

/** Runs a command that must end with 0; returns what it prints. */
export async function mustRun(console: Channel, command: string, limit = COMMAND): Promise<string> {
  const { output, exitCode } = await console.run(command, limit);
  if (exitCode !== 0) throw new Error(`${command} ended with ${exitCode}:\n${output}`);
  return output;
}

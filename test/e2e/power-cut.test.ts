import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run as runHere } from '../../edge/runner.ts';
import type { Disk } from '../../builder/run/machine.ts';
import type { Step } from '../../installer/plan/step.ts';
import { RECOVERY_KEY } from '../support/installed-disk.ts';
import { INSPECT, unexpected } from '../support/installed-state.ts';
import {
  ANSWERS,
  answersDisk,
  COMMAND,
  INSTALL,
  PASSPHRASE,
  PASSWORD,
  SERIAL,
  targetDisk,
} from '../support/installation.ts';
import { bootBare, buildMedium, type TestMedium } from '../support/medium.ts';
import { createOverlay, type Machine } from '../support/qemu.ts';
import { temporaryDirectory } from '../support/temporary.ts';

let medium: TestMedium;

beforeAll(async () => {
  medium = await buildMedium();
});
afterAll(async () => {
  await medium[Symbol.asyncDispose]();
});

const SECRETS = '/mnt/secrets.yaml';
const LOGS = '/run/qubeforge-install';
/** SCSI disks come and go while a machine runs. */
const SCSI = ['virtio-scsi-pci,id=scsi', `scsi-hd,id=target,bus=scsi.0,drive=disk2,serial=${SERIAL}`];

/** All cuts take an hour and more; these are the dearest to get wrong. */
const SAMPLE = /^(luks-format|deploy-dom0|initrd|deploy:.*)$/;
const chosen = (step: string): boolean => process.env['QUBEFORGE_TEST_CUTS'] === 'all' || SAMPLE.test(step);

/** A disk as it was when a step had been journalled. */
interface Cut {
  readonly step: string;
  readonly disk: Disk;
}

/** A command that must end with 0; returns what it prints. */
async function run({ console }: Machine, command: string, limit = COMMAND): Promise<string> {
  const { output, exitCode } = await console.run(command, limit);
  if (exitCode !== 0) throw new Error(`${command} ended with ${exitCode}:\n${output}`);
  return output;
}

/** The steps of the installation, by the installer on the medium. */
async function planned(machine: Machine): Promise<readonly Step[]> {
  const output = await run(machine, `qubeforge-install plan --json --answers /mnt/answers.yaml`, INSTALL);
  const result = output.split('\n').find((line) => line.includes('"name":"plan"')) ?? '';
  return (JSON.parse(result) as { value: Step[] }).value;
}

/**
 * Installs, and freezes the disk at the beginning of every step: from then on QEMU writes to a new file, and what
 * the system in the machine had not written yet is not in the old one, as when the power fails.
 */
async function installWithCuts(machine: Machine, target: Disk, folder: string, steps: readonly Step[]) {
  const cuts: Cut[] = [];
  let disk = target;
  await machine.console.sendLine(
    `qubeforge-install install --answers /mnt/answers.yaml --secrets ${SECRETS} --erase ${SERIAL}; echo ended''with $?`,
  );
  let recoveryKey = '';
  for (const at of steps.keys()) {
    const before = steps[at - 1];
    if (before?.id === 'recovery-key')
      [, recoveryKey = ''] = await machine.console.expect(RECOVERY_KEY, INSTALL);
    await machine.console.expect(new RegExp(`\\[ *${at + 1}/${steps.length}\\] `), INSTALL);
    if (before?.transient === true) continue;
    const next = { ...disk, path: join(folder, `cut-${at}.qcow2`) };
    const said = await machine.monitor(`snapshot_blkdev disk2 ${next.path} qcow2`);
    if (/error|could not/i.test(said)) throw new Error(said);
    cuts.push({ step: before?.id ?? 'begin', disk });
    disk = next;
  }
  await machine.console.expect(/desk is installed on/, INSTALL);
  await machine.console.expect(/endedwith 0/, INSTALL);
  return { cuts, recoveryKey, disk };
}

/** Takes the disk out of the machine and puts another one in. */
async function exchange(machine: Machine, { path }: Disk, id: string): Promise<void> {
  await machine.monitor('device_del target');
  await run(machine, 'while [ -e /dev/sda ]; do sleep 1; done');
  const drive = `if=none,id=${id},format=qcow2,cache=unsafe,discard=unmap,file=${path}`;
  await machine.monitor(`drive_add 0 ${drive}`);
  await machine.monitor(`device_add scsi-hd,id=target,bus=scsi.0,drive=${id},serial=${SERIAL}`);
  await run(machine, 'until [ -e /dev/sda4 ] || [ -e /dev/sda ]; do sleep 1; done; udevadm settle');
}

describe('an installation that is cut off', () => {
  it('goes on after every step to the same system, and lets no secret out', async () => {
    await using folder = await temporaryDirectory();
    const target: Disk = { ...(await targetDisk(medium, folder.path)), bus: 'none' };
    const answers = await answersDisk(folder.path, {
      'answers.yaml': ANSWERS,
      'secrets.yaml': `passphrase: ${PASSPHRASE}\nuser-password: ${PASSWORD}\n`,
      inspect: INSPECT,
    });
    const empty = await readFile(target.path);
    await using machine = await bootBare(medium, { disks: [answers, target], devices: SCSI });
    await run(machine, 'mount -o ro /dev/vda /mnt');
    const steps = await planned(machine);
    expect(await readFile(target.path)).toEqual(empty);

    await machine.serial.sendLine(
      'while sleep 1; do cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null; done >/run/processes &',
    );
    const { cuts, recoveryKey, disk } = await installWithCuts(machine, target, folder.path, steps);
    await machine.serial.sendLine('kill $!');
    const needles = [PASSPHRASE, PASSWORD, recoveryKey];
    await run(machine, `printf '%s\\n' ${needles.map((text) => `'${text}'`).join(' ')} >/run/needles`);
    await run(machine, `grep -qa cryptsetup /run/processes && grep -q luksFormat ${LOGS}/log.txt`);
    expect(await run(machine, `grep -laF -f /run/needles /run/processes ${LOGS}/* || :`)).toBe('');
    const files = [...cuts.map((cut) => cut.disk), disk].map(({ path }) => path);
    const search = needles.flatMap((needle) => ['-e', needle]);
    expect((await runHere({ argv: ['grep', '-laF', ...search, ...files], accept: [0, 1] })).stdout).toBe('');
    expect(await run(machine, 'sh /mnt/inspect /dev/sda /run/reference /run/needles', INSTALL)).toBe('');

    const sample = cuts.filter((cut) => chosen(cut.step));
    for (const [at, cut] of sample.entries()) {
      const path = join(folder.path, `again-${at}.qcow2`);
      await createOverlay(medium.tools, path, cut.disk);
      await exchange(machine, { ...cut.disk, path }, `again${at}`);
      const told = await run(machine, `qubeforge-install resume --secrets ${SECRETS} 2>&1`, INSTALL);
      expect(told.match(/: done before/g) ?? []).toHaveLength(cuts.indexOf(cut));
      await run(machine, 'sh /mnt/inspect /dev/sda /run/resumed', INSTALL);
      expect(
        unexpected((await machine.console.run('diff /run/reference /run/resumed', COMMAND)).output),
      ).toEqual([]);
      process.stdout.write(`cut off after ${cut.step}: the same system\n`);
    }
    process.stdout.write(`${sample.length} of ${cuts.length} cuts resumed, each to the same system\n`);
    expect(sample.length).toBeGreaterThanOrEqual(4);
  });
});

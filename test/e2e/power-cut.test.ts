import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../core/digest.ts';
import { run } from '../../edge/runner.ts';
import type { Disk } from '../../builder/run/machine.ts';
import type { Step } from '../../installer/plan/step.ts';
import { HOT_PLUG, plug, type HotDisk } from '../support/hot-disk.ts';
import { RECOVERY_KEY } from '../support/installed-disk.ts';
import { factsOf, INSPECT, unexpected } from '../support/installed-state.ts';
import {
  answerFiles,
  answersDisk,
  INSTALL,
  mustRun,
  PASSPHRASE,
  PASSWORD,
  SERIAL,
  targetDisk,
} from '../support/installation.ts';
import { bootBare } from '../support/medium.ts';
import { createOverlay, type Machine } from '../support/qemu.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { useMedium } from '../support/use-medium.ts';

const medium = useMedium();

const SECRETS = '/mnt/secrets.yaml';
const LOGS = '/run/qubeforge-install';
const RESUME = `qubeforge-install resume --secrets ${SECRETS}`;
/** A state of the machine: the medium was started, and there is no disk yet. */
const STARTED = 'started';

/** Each cut by itself, from there to the end: hours. */
const each = process.env['QUBEFORGE_TEST_CUTS'] === 'each';

/** A disk as it was when a step had been journalled. */
interface Cut {
  readonly step: string;
  readonly disk: HotDisk;
}

/** The steps of the installation, by the installer on the medium. */
async function planned(machine: Machine): Promise<readonly Step[]> {
  const output = await mustRun(
    machine.console,
    `qubeforge-install plan --json --answers /mnt/answers.yaml`,
    INSTALL,
  );
  const result = output.split('\n').find((line) => line.includes('"name":"plan"')) ?? '';
  return (JSON.parse(result) as { value: Step[] }).value;
}

/** Waits until the step at `index` begins: all before it are journalled. */
async function begins({ console }: Machine, steps: readonly Step[], index: number): Promise<void> {
  const sign = index === steps.length ? 'desk is installed on' : `\\[ *${index + 1}/${steps.length}\\] `;
  const [seen] = await console.expect(new RegExp(`${sign}|error: [^]*next: `), INSTALL);
  if (seen.startsWith('error')) throw new Error(seen);
}

/**
 * Installs, and keeps the disk as it was whenever a step had been journalled; what the system in the machine had
 * not written by then is not in it, as when the power fails.
 */
async function installWithCuts(machine: Machine, target: HotDisk, folder: string, steps: readonly Step[]) {
  const cuts: Cut[] = [];
  let disk = target;
  const { freeze, cut } = await plug(machine, target);
  await machine.console.sendLine(
    `qubeforge-install install --answers /mnt/answers.yaml --secrets ${SECRETS} --erase ${SERIAL}; echo ended''with $?`,
  );
  let recoveryKey = '';
  for (const at of steps.keys()) {
    const before = steps[at - 1];
    if (before?.id === 'recovery-key')
      [, recoveryKey = ''] = await machine.console.expect(RECOVERY_KEY, INSTALL);
    await begins(machine, steps, at);
    if (before?.transient === true) continue;
    const next = { ...disk, path: join(folder, `cut-${at}.qcow2`) };
    await freeze(next.path);
    cuts.push({ step: before?.id ?? 'begin', disk });
    disk = next;
  }
  await begins(machine, steps, steps.length);
  await machine.console.expect(/endedwith 0/, INSTALL);
  return { cuts, recoveryKey, disk, cut };
}

/** No secret in what the system kept of the installation, nor in what was written to the disk at any time. */
async function expectNoSecret(machine: Machine, needles: readonly string[], files: readonly string[]) {
  await mustRun(
    machine.console,
    `printf '%s\\n' ${needles.map((text) => `'${text}'`).join(' ')} >/run/needles`,
  );
  await mustRun(machine.console, 'journalctl --no-pager -o verbose >/run/journal; dmesg >>/run/journal');
  await mustRun(machine.console, `grep -qa cryptsetup /run/processes && grep -q luksFormat ${LOGS}/log.txt`);
  const places = `/run/processes /run/journal ${LOGS}/*`;
  expect(await mustRun(machine.console, `grep -laF -f /run/needles ${places} || :`)).toBe('');
  const search = needles.flatMap((needle) => ['-e', needle]);
  const { stdout } = await run({ argv: ['grep', '-laF', ...search, ...files], accept: [0, 1] });
  expect(stdout).toBe('');
  expect(await mustRun(machine.console, 'sh /mnt/inspect /dev/sda /run/facts /run/needles', INSTALL)).toBe(
    '',
  );
  process.stdout.write(
    `${needles.length} secrets searched in the processes, journal and logs of the installation, in ${files.length} states of the disk, and in every file and the initrd of the target: 0 hits\n`,
  );
}

/**
 * Goes on with a disk in a machine that was just started, until the step at `end` begins, and cuts the power
 * then. Resolves with how many steps were not done again.
 */
async function resumeUntil(machine: Machine, disk: HotDisk, steps: readonly Step[], end: number) {
  await machine.restore(STARTED);
  const { cut } = await plug(machine, disk);
  const from = machine.console.transcript.length;
  await machine.console.sendLine(RESUME);
  await begins(machine, steps, end);
  await cut();
  return (machine.console.transcript.slice(from).match(/: done before\n/g) ?? []).length;
}

/** What is on a disk whose installation is finished. */
async function inspected(machine: Machine, disk: HotDisk, folder: string): Promise<string> {
  await machine.restore(STARTED);
  const { cut } = await plug(machine, disk);
  await mustRun(machine.console, 'sh /mnt/inspect /dev/sda /run/facts', INSTALL);
  const facts = await factsOf(machine, folder);
  await cut();
  return facts;
}

async function copyOf(folder: string, name: string, { disk }: Cut): Promise<HotDisk> {
  const path = join(folder, `${name}.qcow2`);
  await createOverlay(medium.tools, path, disk);
  return { ...disk, path };
}

describe('an installation that is cut off', () => {
  it('goes on after every step to the same system, and lets no secret out', async () => {
    await using folder = await temporaryDirectory();
    const made: Disk = await targetDisk(medium, folder.path);
    const target = { ...made, serial: SERIAL };
    const answers = await answersDisk(folder.path, {
      ...answerFiles(),
      inspect: INSPECT,
    });
    await using machine = await bootBare(medium, { disks: [answers], devices: HOT_PLUG });
    await mustRun(machine.console, 'mount -o ro /dev/vda /mnt');
    // Every run verifies the medium, which is quicker when it is in memory.
    await mustRun(machine.console, 'find /run/qubeforge/medium -type f -exec cat {} + >/dev/null', INSTALL);
    await machine.snapshot(STARTED);

    const empty = sha256(await readFile(target.path));
    const planning = await plug(machine, target);
    const steps = await planned(machine);
    await planning.cut();
    expect(sha256(await readFile(target.path))).toBe(empty);

    await machine.restore(STARTED);
    await machine.serial.sendLine(
      'while sleep 1; do cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null; done >/run/processes &',
    );
    const { cuts, recoveryKey, disk, cut } = await installWithCuts(machine, target, folder.path, steps);
    await machine.serial.sendLine('kill $!');
    const files = [...cuts.map((cut) => cut.disk), disk].map(({ path }) => path);
    await expectNoSecret(machine, [PASSPHRASE, PASSWORD, recoveryKey], files);
    const reference = await factsOf(machine, folder.path);
    await cut();

    // One installation, cut off whenever a step has been journalled.
    const lasting = steps.flatMap((step, at) => (step.transient === true ? [] : [at]));
    const often = await copyOf(folder.path, 'often', cuts[0]!);
    for (const [done, at] of lasting.entries())
      expect(await resumeUntil(machine, often, steps, at + 1)).toBe(done);
    expect(unexpected(reference, await inspected(machine, often, folder.path))).toEqual([]);
    process.stdout.write(`cut off and resumed ${lasting.length} times, at every step: the same system\n`);

    for (const [done, from] of (each ? cuts : []).entries()) {
      const once = await copyOf(folder.path, `once-${done}`, from);
      expect(await resumeUntil(machine, once, steps, steps.length)).toBe(done);
      expect(unexpected(reference, await inspected(machine, once, folder.path))).toEqual([]);
      process.stdout.write(`cut off once, after ${from.step}: the same system\n`);
    }
  });
});

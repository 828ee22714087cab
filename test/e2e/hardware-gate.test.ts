import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../core/digest.ts';
import type { Finding } from '../../installer/checks/finding.ts';
import {
  ANSWERS,
  answerFiles,
  answersDisk,
  BOOT,
  COMMAND,
  INSTALL,
  SERIAL,
  targetDisk,
} from '../support/installation.ts';
import { bootBare, bootMedium } from '../support/medium.ts';
import type { Channel } from '../support/channel.ts';
import type { StartOptions } from '../support/qemu.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { useMedium } from '../support/use-medium.ts';

const medium = useMedium();

/** Enough memory that nothing but the processor and the IOMMU can block. */
const ENOUGH = 7168;

interface Lane {
  readonly name: string;
  readonly machine: Pick<StartOptions, 'iommu' | 'features'>;
  /** What `check` says, by finding. */
  readonly bare: Readonly<Record<string, string>>;
  readonly xen: Readonly<Record<string, string>>;
}

const GOOD = { virtualisation: 'yes', slat: 'yes', iommu: 'yes', 'interrupt-remapping': 'yes' };

const LANES: readonly Lane[] = [
  { name: 'amd-iommu', machine: { iommu: 'amd' }, bare: GOOD, xen: GOOD },
  { name: 'intel-iommu', machine: { iommu: 'intel' }, bare: GOOD, xen: GOOD },
  {
    name: 'no IOMMU',
    machine: { iommu: 'none' },
    bare: { ...GOOD, iommu: 'no', 'interrupt-remapping': 'no' },
    xen: { ...GOOD, iommu: 'no', 'interrupt-remapping': 'no' },
  },
  {
    name: 'no SVM',
    machine: { iommu: 'amd', features: ['-svm'] },
    bare: { ...GOOD, virtualisation: 'no', slat: 'no' },
    xen: { ...GOOD, virtualisation: 'no', slat: 'no' },
  },
];

/** The state of every finding, and how `check` ended: 6 when something blocks. */
async function judged(
  shell: Channel,
): Promise<{ states: Record<string, string>; blocked: string[]; exitCode: number }> {
  const { output, exitCode } = await shell.run('qubeforge-install check --json', COMMAND);
  const line = output.split('\n').find((one) => one.includes('"name":"check"')) ?? '';
  const { value } = JSON.parse(line) as { value: { findings: Finding[] } };
  return {
    states: Object.fromEntries(value.findings.map(({ id, state }) => [id, state])),
    blocked: value.findings.filter(({ level }) => level === 'block').map(({ id }) => id),
    exitCode,
  };
}

/** The ids that must block, of those in `expected`. */
function blocking(expected: Readonly<Record<string, string>>): string[] {
  return ['virtualisation', 'slat', 'iommu'].filter((id) => expected[id] !== 'yes');
}

describe('the hardware gate', () => {
  it.each(LANES)('sees $name without Xen', async ({ name, machine: options, bare }) => {
    await using machine = await bootBare(medium, { ...options, memoryMiB: ENOUGH });
    const seen = await judged(machine.console);
    process.stdout.write(`${name}, bare: ${JSON.stringify(seen.blocked)}\n`);
    expect(seen.states).toMatchObject(bare);
    // The only disk is the medium.
    expect(seen.blocked).toEqual([...blocking(bare), 'disks']);
  });

  it.each(LANES)(
    'sees $name through Xen, and refuses where it must',
    async ({ name, machine: options, xen }) => {
      await using folder = await temporaryDirectory();
      const target = await targetDisk(medium, folder.path);
      const before = sha256(await readFile(target.path));
      const answers = await answersDisk(folder.path, {
        ...answerFiles(ANSWERS.replace('overrides: [iommu, memory]', '')),
        // A machine that passes the gate stops at the next: the disk to erase is another one.
        erase: blocking(xen).length > 0 ? SERIAL : 'ANOTHER',
      });
      await using machine = await bootMedium(medium, 'i', {
        ...options,
        memoryMiB: ENOUGH,
        disks: [target, answers],
      });
      const [, refusal] = await machine.serial.expect(/error: [^\n]* \[(\S+)\]/, INSTALL);
      expect(refusal).toBe(blocking(xen).length > 0 ? 'hardware.blocked' : 'erase.token');
      await machine.serial.expect(/power off: /, BOOT);
      await machine.serial.sendLine('s');
      await machine.serial.expect(/# $/, BOOT);
      const seen = await judged(machine.serial);
      process.stdout.write(`${name}, through Xen: ${JSON.stringify(seen.blocked)}\n`);
      expect(seen.states).toMatchObject(xen);
      expect(seen.blocked).toEqual(blocking(xen));
      expect(seen.exitCode).toBe(blocking(xen).length > 0 ? 6 : 0);
      expect(sha256(await readFile(target.path))).toBe(before);
    },
  );
});

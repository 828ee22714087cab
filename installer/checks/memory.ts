import { formatBytes, GIB } from '../../core/bytes.ts';
import { type Check, type Finding } from './finding.ts';

/** Firmware and graphics take a part of what is installed, so the limits lie a little below 6 and 16 GB. */
const LEAST = 5.5 * GIB;
const COMFORTABLE = 15 * GIB;

export const memory: Check = {
  id: 'memory',
  run: (hardware) => [finding(hardware.memoryBytes)],
};

function finding(bytes: number | undefined): Finding {
  const base = { id: 'memory', title: 'Memory' };
  if (bytes === undefined) {
    return {
      ...base,
      level: 'warn',
      state: 'unknown',
      evidence: 'could not be read',
      meaning: 'At least 6 GB are needed.',
    };
  }
  const evidence = formatBytes(bytes);
  if (bytes < LEAST) {
    const meaning = 'dom0 takes 4 GB; fewer than 6 GB leave no room for the service qubes.';
    return {
      ...base,
      level: 'block',
      state: 'no',
      evidence,
      meaning,
      remedy: 'Add memory: 16 GB are comfortable.',
    };
  }
  if (bytes < COMFORTABLE) {
    const meaning = 'Enough to begin with; a few qubes at a time. 16 GB are comfortable.';
    return { ...base, level: 'inform', state: 'yes', evidence, meaning };
  }
  return { ...base, level: 'ok', state: 'yes', evidence };
}

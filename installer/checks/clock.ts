import { type Check, type Finding } from './finding.ts';

const DAY = 24 * 60 * 60 * 1000;

/** A clock that is behind makes signatures look as if they came from the future. */
export const clock: Check = {
  id: 'clock',
  run: (hardware) => [finding(hardware.clock.now, hardware.clock.mediumMade)],
};

function finding(now: number, made: number | undefined): Finding {
  const base = { id: 'clock', title: 'Clock' };
  const date = new Date(now).toISOString();
  if (made === undefined) {
    return { ...base, level: 'ok', state: 'unknown', evidence: `${date}; the medium's date is not known` };
  }
  const evidence = `${date}, the medium is from ${new Date(made).toISOString()}`;
  if (now >= made - DAY) return { ...base, level: 'ok', state: 'yes', evidence };
  return {
    ...base,
    level: 'warn',
    state: 'no',
    evidence,
    meaning:
      'The clock is before the day this medium was made: updates will be refused as coming from the future.',
    remedy: 'Set date and time in the firmware setup. If they are lost again, the battery is empty.',
  };
}

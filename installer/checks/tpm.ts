import { type Check } from './finding.ts';

export const tpm: Check = {
  id: 'tpm',
  run: (hardware) => [
    hardware.tpm === 'none'
      ? {
          id: 'tpm',
          level: 'inform',
          state: 'no',
          title: 'TPM',
          evidence: 'none seen',
          meaning: 'Nothing needs it today; measured boot will.',
          remedy: 'Often called "PTT" (Intel), "fTPM" (AMD) or "Security Device" in the firmware setup.',
        }
      : { id: 'tpm', level: 'ok', state: 'yes', title: 'TPM', evidence: `version ${hardware.tpm}` },
  ],
};

import { feature, type Check, type Finding } from './finding.ts';

export const firmware: Check = {
  id: 'firmware',
  run: (hardware) => {
    const mode: Finding =
      hardware.firmware.mode === 'uefi'
        ? { id: 'firmware-mode', level: 'ok', state: 'yes', title: 'Firmware mode', evidence: 'UEFI' }
        : {
            id: 'firmware-mode',
            level: 'inform',
            state: 'yes',
            title: 'Firmware mode',
            evidence: 'BIOS (or UEFI in compatibility mode)',
            meaning: 'The installed system will start the same way.',
            remedy: 'On a machine with UEFI, switch off "CSM" or "Legacy Boot" and start the medium again.',
          };
    return hardware.firmware.mode === 'uefi' ? [mode, secureBoot(hardware.firmware.secureBoot)] : [mode];
  },
};

function secureBoot(seen: Parameters<typeof feature>[1]): Finding {
  const base = { id: 'secure-boot', title: 'Secure Boot off', evidence: seen.evidence };
  if (seen.state === 'no') return { ...base, level: 'ok', state: 'yes' };
  return {
    ...base,
    level: 'warn',
    state: seen.state === 'yes' ? 'no' : 'unknown',
    meaning:
      'Xen is started by GRUB as a multiboot image, which Secure Boot refuses: the system would not start.',
    remedy: 'In the firmware setup switch "Secure Boot" off. The disk encryption does not depend on it.',
  };
}

import { feature, setting, type Check } from './finding.ts';

export const virtualisation: Check = {
  id: 'virtualisation',
  run: (hardware) => [
    feature(
      {
        id: 'virtualisation',
        title: 'Hardware virtualisation (VT-x or AMD-V)',
        level: 'block',
        meaning: 'Without it qubes cannot be isolated from each other by the processor.',
        remedy: setting(
          hardware,
          'In the firmware setup switch on "Intel Virtualization Technology" (VT-x, VMX), often under CPU or Advanced.',
          'In the firmware setup switch on "SVM Mode" (AMD-V, Secure Virtual Machine), often under CPU or Advanced.',
        ),
      },
      hardware.cpu.virtualisation,
    ),
  ],
};

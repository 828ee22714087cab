import { feature, setting, type Check } from './finding.ts';

export const interruptRemapping: Check = {
  id: 'interrupt-remapping',
  run: (hardware) => [
    feature(
      {
        id: 'interrupt-remapping',
        title: 'Interrupt remapping',
        level: 'warn',
        meaning: 'A qube that owns a device could send forged interrupts to the hypervisor.',
        remedy: setting(
          hardware,
          'Update the firmware, and switch on "VT-d" with "Interrupt Remapping" (sometimes by way of "x2APIC").',
          'Update the firmware, and set "IOMMU" to Enabled; old boards list their I/O APICs wrongly.',
        ),
      },
      hardware.iommu.interruptRemapping,
    ),
  ],
};

import { feature, setting, type Check } from './finding.ts';

export const iommu: Check = {
  id: 'iommu',
  run: (hardware) => [
    feature(
      {
        id: 'iommu',
        title: 'IOMMU (VT-d or AMD-Vi)',
        level: 'block',
        meaning:
          'Without it a network card or USB controller can read and write all memory, past every qube.',
        remedy: setting(
          hardware,
          'In the firmware setup switch on "VT-d" (Intel VT for Directed I/O), often under System Agent or Chipset.',
          'In the firmware setup switch on "IOMMU" (AMD-Vi), often under AMD CBS, NBIO; choose Enabled, not Auto.',
        ),
      },
      hardware.iommu.present,
    ),
  ],
};

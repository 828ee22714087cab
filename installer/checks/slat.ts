import { feature, type Check } from './finding.ts';

export const slat: Check = {
  id: 'slat',
  run: (hardware) => [
    feature(
      {
        id: 'slat',
        title: 'Second-level address translation (EPT or NPT)',
        level: 'block',
        meaning: 'Without it the hypervisor must shadow page tables: slow, and much more code to trust.',
        remedy:
          'Processors before about 2010 lack it, and no setting helps. Otherwise switch on hardware virtualisation first.',
      },
      hardware.cpu.slat,
    ),
  ],
};

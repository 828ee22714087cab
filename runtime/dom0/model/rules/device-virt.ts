import { eachQube, field } from './rule.ts';

/** Xen's toolstack gives PCI devices to no PVH guest, and HVM would need a device model in dom0. */
export const deviceVirt = eachQube('device-virt', (qube) => {
  if (qube.devices.length === 0 || qube.virt === 'pv') return [];
  return [
    {
      path: field(qube, 'virt'),
      what: `${qube.name} is given devices, which a qube of the mode ${qube.virt} cannot have`,
      remedy: 'set virt: pv',
    },
  ];
});
